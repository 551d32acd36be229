"""Two regions of real functions on in-memory adapters; the test is the broker and region sync."""

import time
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from functions.coordination.wiring import build as build_coordination
from functions.index_update.settings import IndexUpdateSettings
from functions.index_update.wiring import build as build_index_update
from shared.adapters.opening import Adapters
from shared.cache.segment_cache import CacheLimits, SegmentCache
from shared.coordination.agent import RegionalAgent
from shared.coordination.announcing import Announcements
from shared.coordination.ballots import Ballots
from shared.coordination.member import Capacity, Load
from shared.coordination.membership import Membership
from shared.domain.paths import head_document
from shared.events.codec import from_message
from shared.events.coordination import BallotOpenedV1
from shared.manifests import Head
from shared.ports.state import Put
from shared.reads.heads import Heads
from shared.reads.served_heads import ServedHeads
from shared.reads.service import AnswerReads
from shared.reads.snapshots import Snapshots
from shared.regions.heads import RegionalHead
from shared.regions.paths import regional_head_document
from shared.regions.reading_anywhere import ReadingAnywhere
from tests.builders.pipeline import Pipeline
from tests.fakes.clock import FrozenClock
from tests.fakes.objects import InMemoryObjects
from tests.fakes.publisher import RecordingPublisher
from tests.fakes.state import InMemoryState

HOME, HEIR = "us-central1", "europe-west1"
INTERVAL = timedelta(seconds=60)


@dataclass
class Deployment:
    """Collection `c`, its home us-central1, and coordination over HTTP."""

    directory: Path
    clock: FrozenClock = field(default_factory=FrozenClock)
    publisher: RecordingPublisher = field(default_factory=RecordingPublisher)

    def __post_init__(self) -> None:
        """Put it together."""
        self.state = InMemoryState(clock=self.clock)
        self.buckets: dict[str, InMemoryObjects] = {}
        for region in (HOME, HEIR):
            self.buckets[region] = InMemoryObjects(clock=self.clock, buckets=self.buckets)
        adapters = Adapters(self.state, self.buckets[HOME], self.publisher, self.clock)
        self.pipeline = Pipeline(adapters, self.publisher, self.directory)
        settings = IndexUpdateSettings(runtime="embedded", data_dir=self.directory, cache_dir=self.directory / "cache")
        self.index_update = build_index_update(adapters, settings, self.buckets)
        self.regional = {
            region: build_index_update(
                replace(adapters, objects=self.buckets[region]),
                settings.model_copy(update={"region": region, "only_own_home": True}),
                self.buckets,
            )
            for region in (HOME, HEIR)
        }
        """For tests in which every region has an index update that keeps to itself."""
        self.http = TestClient(build_coordination(adapters))
        membership = Membership(self.state, self.clock)
        self.agents = {
            region: RegionalAgent(
                region=region,
                membership=membership,
                ballots=Ballots(self.state, self.clock, membership),
                announcements=Announcements(self.publisher, self.clock),
                clock=self.clock,
                capabilities=("sync", "vote"),
                capacity=Capacity(instances_max=80, streams=6400.0),
                measure=lambda: Load(streams=640.0, p99_ms=12.0),
            )
            for region in (HOME, HEIR)
        }

    def write(self, record: str, value: float) -> None:
        """Accept a write; index update has not had it yet."""
        self.pipeline.upsert({record: [value, value]})

    def commit(self, by: str | None = None) -> None:
        """Deliver the accepted writes, to the index update of one region or of all; what is refused stays."""
        index_update = self.index_update if by is None else self.regional[by]
        waiting = self.publisher.take("mutations")
        while waiting:
            message = waiting[0]
            try:
                index_update.consume(message.data, message.attributes)
            except Exception:
                self.publisher.publish(waiting)
                raise
            waiting.pop(0)

    def copy(self) -> None:
        """The heir gets what versions of the home name, and no more."""
        head = self.head()
        assert head.manifest is not None
        for info in self.buckets[HOME].list(""):
            if "/segments/" in info.name or "/manifests/" in info.name:
                self.buckets[HEIR].copy_from(HOME, info.name)
        at = self.clock.now()
        copied = RegionalHead(head.uid, head.version, head.manifest, head.commit_id or "", HOME, at, at)
        self.state.commit([Put(regional_head_document(HEIR, "c", 0), copied.to_document())])

    def reads(self, region: str | None) -> AnswerReads:
        """What stream in a region reads; without one, what a stream that belongs to none does."""
        own = self.buckets[region or HOME]
        objects = own if region else ReadingAnywhere(own, list(self.buckets.values()))
        heads = Heads(self.state, ServedHeads(region, default_home=HOME))
        cache = SegmentCache(objects, self.directory / f"cache-{region}", CacheLimits(10**9, 10**9))
        return AnswerReads(Snapshots(heads, objects, cache, monotonic_s=time.monotonic))

    def vote(self) -> None:
        """Deliver to every agent what was announced."""
        for message in self.publisher.take("coordination"):
            event = from_message(message.data, message.attributes)
            if isinstance(event, BallotOpenedV1):
                for agent in self.agents.values():
                    agent.ballot_opened(event)

    def beat(self, *regions: str) -> None:
        """These are heard."""
        for region in regions or (HOME, HEIR):
            self.agents[region].tick()

    def post(self, path: str, body: dict[str, Any] | None = None, status: int = 200) -> Any:
        """The answer to a POST."""
        response = self.http.post(f"/v1/{path}", json=body or {})
        assert response.status_code == status, response.text
        return response.json() if response.content else None

    def get(self, path: str) -> Any:
        """The answer to a GET."""
        response = self.http.get(f"/v1/{path}")
        assert response.status_code == 200, response.text
        return response.json()

    def open(self, ballot: str, **move: Any) -> Any:
        """A ballot on moving what is at home in HOME."""
        proposal = {"kind": "move_home", "from_region": HOME, **move}
        return self.post("ballots", {"id": ballot, "proposal": proposal, "proposer": "test"}, 201)

    def head(self) -> Head:
        """The head of the collection."""
        document = self.state.get(head_document("c", 0))
        assert document is not None
        return Head.from_document(document)
