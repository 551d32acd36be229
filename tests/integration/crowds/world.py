"""Everything that expects a crowd, on fakes, with a region whose load and instances follow from each other."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from starlette.testclient import TestClient

from functions.burst_prediction.settings import BurstPredictionSettings
from functions.burst_prediction.wiring import build as build_prediction
from functions.control.wiring import build as build_control
from functions.scaling.settings import ScalingSettings
from functions.scaling.wiring import build as build_scaling
from shared.adapters.opening import Adapters
from shared.adapters.stored.jobs import StoredJobs
from shared.crowds.load_days import LoadDays
from shared.domain.load import LoadMinute, LoadSample
from shared.events.codec import to_message
from shared.events.crowds import ForecastDueV1, ScalingDueV1
from shared.ports.publisher import Message
from swell.local.workflows.calls.http import Request, Response
from swell.local.workflows.timing import Stop
from tests.fakes.clock import FrozenClock
from tests.fakes.crowds import GivenLoad, paper_platform
from tests.fakes.objects import InMemoryObjects
from tests.fakes.publisher import RecordingPublisher
from tests.fakes.state import InMemoryState
from tests.fakes.workflow_time import VirtualTime
from tests.unit.functions.burst_prediction.builders import REGION, minute_history

DAYS = 9
MIDNIGHT = datetime(2026, 6, 1, tzinfo=UTC) + timedelta(days=DAYS)
PER_INSTANCE = 500.0  # requests a minute at which an instance is at its target of 60 % CPU
_MINUTE = timedelta(minutes=1)


@dataclass
class CrowdWorld:
    """One region that has been quiet for nine days; `crowd` says by how much its load is lifted at a moment."""

    crowd: Callable[[datetime], float]
    clock: FrozenClock = field(default_factory=lambda: FrozenClock(MIDNIGHT))
    publisher: RecordingPublisher = field(default_factory=RecordingPublisher)
    load: GivenLoad = field(default_factory=GivenLoad)
    sizes: list[tuple[datetime, int]] = field(default_factory=list)
    load_is_known: bool = True

    def __post_init__(self) -> None:
        """Nine days of load, if any is known, and every function on one state store."""
        self.state = InMemoryState(clock=self.clock)
        self._history = minute_history(DAYS)
        start = MIDNIGHT - timedelta(minutes=len(self._history.counts))
        LoadDays(self.state).merge(
            LoadSample(REGION, start + timedelta(minutes=number), int(count), MIDNIGHT)
            for number, count in enumerate(self._history.counts if self.load_is_known else [])
        )
        adapters = Adapters(self.state, InMemoryObjects(clock=self.clock), self.publisher, self.clock)
        self.platform = paper_platform(self.state, self.clock, self.load)
        options = {"runtime": "embedded", "data_dir": "unused"}
        prediction = {**options, "requests_per_min_per_instance": PER_INSTANCE}
        self._prediction = build_prediction(adapters, self.platform, BurstPredictionSettings.model_validate(prediction))
        self._scaling = build_scaling(adapters, self.platform, ScalingSettings.model_validate(options))
        self.control = TestClient(build_control(adapters, self.platform))

    @property
    def instances(self) -> int:
        """What the region keeps now."""
        return self.platform.fleet.size(REGION).min_instances

    def pass_minutes(self, minutes: int) -> None:
        """Load comes, time goes, schedules tick, jobs are published, events are delivered."""
        for _ in range(minutes):
            self._ask()
            self.clock.advance(_MINUTE)
            now = self.clock.now()
            if now.minute % 10 == 0:
                self._deliver(self._prediction, [to_message(ForecastDueV1(event_id=f"f-{now}", occurred_at=now))])
            assert isinstance(self.platform.jobs, StoredJobs)
            self.platform.jobs.publish_due(self.publisher, now)
            self.deliver_events()
            self._deliver(self._scaling, [to_message(ScalingDueV1(event_id=f"s-{now}", occurred_at=now))])
            self.sizes.append((now, self.instances))

    def deliver_events(self) -> None:
        """What was published, until nothing is left; each message twice."""
        while messages := [
            (consumer, message)
            for topic, consumer in (("crowd-forecasts", self._prediction), ("scaling-plans", self._scaling))
            for message in self.publisher.take(topic)
        ]:
            for consumer, message in messages:
                self._deliver(consumer, [message, message])

    def _ask(self) -> None:
        now = self.clock.now()
        day = self._history.counts[-1440:]
        usual = float(day[int((now - MIDNIGHT) / _MINUTE) % 1440])
        requests, ready = int(usual * self.crowd(now)), max(1, self.instances)
        self.load.given.append(
            LoadMinute(
                region=REGION,
                minute=now,
                requests=requests,
                measured_at=now + _MINUTE,
                instances=ready,
                cpu=min(1.0, 0.6 * requests / (ready * PER_INSTANCE)),
                concurrency=requests / ready / 600,
                memory=0.3,
                p99_ms=12.0,
                errors=0,
                dependency_errors=0,
            )
        )

    @staticmethod
    def _deliver(consumer: object, messages: list[Message]) -> None:
        for message in messages:
            consumer.consume(message.data, message.attributes)  # type: ignore[attr-defined]


class WorldTime(VirtualTime):
    """Waiting lets the world go on, minute by minute."""

    def __init__(self, world: CrowdWorld) -> None:
        super().__init__(world.clock)
        self._world = world
        self._passing = threading.Lock()

    def wait_until(self, moment: datetime, stop: Stop, done: Callable[[], bool] = lambda: False) -> None:
        """As the protocol; to the minute."""
        while not done() and self.now() < moment:
            stop.check()
            with self._passing:
                if self.now() < moment:
                    self._world.pass_minutes(1)


class ControlOnly:
    """Sends a workflow's requests to control, each of them twice: the first answer is lost on its way."""

    def __init__(self, world: CrowdWorld) -> None:
        self._world = world

    def send(self, request: Request) -> Response:
        """As the protocol of a sender."""
        path = urlsplit(request.url).path
        for _ in range(2):
            answer = self._world.control.request(
                request.method, path, content=request.body, headers=dict(request.headers)
            )
        return Response(answer.status_code, dict(answer.headers), answer.content)
