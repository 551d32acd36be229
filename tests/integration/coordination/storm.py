"""One seeded run: members beat, vote, commit, copy and move homes, and everything goes wrong on the way."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from random import Random

from shared.coordination.ballot import Ballot, Outcome, Vote
from shared.coordination.home_moves import Step
from shared.coordination.lease import MAX_CLOCK_SKEW_S
from shared.coordination.leases import HeldLease
from shared.coordination.member import Report
from shared.coordination.opinions import Sight, opinion_on
from shared.coordination.proposal import MoveHome
from shared.coordination.races import LostRace
from shared.domain.paths import collection_document, head_document
from shared.errors import DependencyUnavailable, SwellError
from shared.index.manifest import Manifest
from shared.manifests import Head, ManifestReader, manifest_name
from shared.ports.state import ABSENT, PreconditionFailed, Put
from shared.regions.heads import RegionalHead
from shared.regions.homes import home_of
from shared.regions.paths import regional_head_document
from tests.builders.interference import Crashed
from tests.builders.manifests import UID, collection
from tests.fakes.clock import FrozenClock
from tests.fakes.objects import InMemoryObjects
from tests.fakes.state import InMemoryState
from tests.integration.coordination.region import Region
from tests.integration.coordination.watch import FIRST_HOME, WatchedState

REGIONS = (FIRST_HOME, "europe-west1", "asia-northeast1", "us-east1", "me-west1")
INTERVAL = timedelta(seconds=60)
LEASE = "homes"
Act = Callable[[], object]


class Storm:
    """The world of one seed. How far clocks are off may be anything: no promise depends on it."""

    def __init__(self, seed: int, *, regions: int | None = None, shards: int | None = None) -> None:
        self.random = Random(seed)
        self.clock = FrozenClock()
        self.names = REGIONS[: regions or self.random.randint(3, len(REGIONS))]
        self.shards = shards or self.random.randint(1, 2)
        self.buckets: dict[str, InMemoryObjects] = {}
        for name in self.names:
            self.buckets[name] = InMemoryObjects(clock=self.clock, buckets=self.buckets)
        self.written_by: dict[str, str] = {}
        self.watched = WatchedState(InMemoryState(clock=self.clock), self._holds, self.written_by)
        self.interfere: Callable[[str], None] = lambda _: None
        skew_s = self.random.choice([0.0, MAX_CLOCK_SKEW_S / 2, MAX_CLOCK_SKEW_S / 2, 600.0])
        self.regions = [
            Region(name, self, timedelta(seconds=self.random.uniform(-skew_s, skew_s))) for name in self.names
        ]
        self.acknowledged: dict[tuple[str, int], str] = {}
        self.held: list[tuple[Region, HeldLease]] = []
        self.ballots: list[str] = []
        self.refused = 0
        heads = [Put(head_document("c", shard), Head(UID, 0, None).to_document()) for shard in range(self.shards)]
        self.watched.commit([Put(collection_document("c"), collection(UID, self.shards).to_document()), *heads])

    def interfered(self, when: str) -> None:
        """What happens at this call."""
        self.interfere(when)

    def rage(self, acts: int) -> None:
        """Do so many things, each of which may be cut short, lose an answer, or be interrupted by others."""
        self.survive(lambda: self.beat_all(self.regions[0]))
        for _ in range(acts):
            act, fate = self._any_act(), self.random.random()
            if fate < 0.1:
                self._cut_short(act, Crashed())
            elif fate < 0.25:
                self._cut_short(act, DependencyUnavailable("the answer is lost"))
            elif fate < 0.6:
                self._interrupted(act, [self._any_act() for _ in range(self.random.randint(1, 4))])
            else:
                self.survive(act)

    def settle(self, *, home_is_lost: bool) -> Step:
        """Everything works again, but for the home if that is lost; returns what comes of moving it in good order."""
        self.clock.advance(timedelta(hours=1))
        home = self.home()
        for region in self.regions:
            region.is_dead = home_is_lost and region.name == home
            region.clock = replace(region.clock, off=timedelta(0))
        alive = [region for region in self.regions if not region.is_dead]
        settled = [Region(region.name, self, timedelta(0)) for region in alive]
        for region in settled:
            self.copy(region)
            self._beat(region)
        heir = next(region for region in settled if region.name != home)
        proposal = MoveHome(home, heir.name, "c", is_planned=not home_is_lost)
        heir.ballots.open("last", proposal, proposer=heir.name, lasts=timedelta(minutes=1))
        for region in settled:
            self.vote_on(region, "last")
        ballot = heir.ballots.get("last")
        assert ballot.outcome is Outcome.ACCEPTED
        held = heir.leases.acquire(LEASE, heir.name, timedelta(minutes=5))
        heir.moves.fence(ballot, "c", held)
        self.copy(heir)
        return heir.moves.promote(ballot, "c", held).step

    def home(self) -> str:
        """Where the collection commits."""
        head = self.watched.get(head_document("c", 0))
        assert head is not None
        return home_of(head.data, FIRST_HOME).region

    def _any_act(self) -> Act:
        region = self.random.choice(self.regions)
        kinds: dict[Callable[[Region], object], int] = {
            self.commit: 8,
            self.copy: 8,
            self._copy_all: 3,
            self._beat: 3,
            self.beat_all: 4,
            self._propose: 4,
            self._vote: 6,
            self._vote_all: 5,
            self._take_lease: 2,
            self._fence: 2,
            self._promote: 5,
            self._fail_over: 10,
            self._pass_time: 3,
            self._die_or_rise: 1,
            self._close: 1,
        }
        kind = self.random.choices(list(kinds), list(kinds.values()))[0]
        return lambda: kind(region)

    def commit(self, region: Region) -> None:
        """As index update does: look, judge, store, compare and set."""
        shard = self.random.randrange(self.shards)
        document = region.state.get(head_document("c", shard))
        assert document is not None
        home = home_of(document.data, FIRST_HOME).region
        may = region.home.commits(document, region.clock.now().timestamp())
        if not may and (home != region.name or self.random.random() < 0.8):  # a fence is only asked for
            self.refused += 1
            return
        head = Head.from_document(document)
        manifest = ManifestReader(region.objects).read(collection(UID, self.shards), shard, head)
        commit_id = f"{self.random.getrandbits(64):x}"
        self.written_by[_name(manifest, commit_id)] = region.name
        now_s = region.clock.now().timestamp()
        made = region.publication.publish(manifest, document, replace(head, written_at=now_s), [], commit_id=commit_id)
        self.acknowledged[document.path, made.version] = _name(manifest, commit_id)

    def copy(self, region: Region) -> None:
        """As region sync does: the manifest first, then the regional head, forward only."""
        if region.is_dead:
            return
        for shard in range(self.shards):
            path = regional_head_document(region.name, "c", shard)
            document, own = region.state.get_many([head_document("c", shard), path])
            assert document is not None
            head, home = Head.from_document(document), home_of(document.data, FIRST_HOME).region
            if head.manifest is None or region.name == home or (own and own.data["version"] >= head.version):
                continue
            region.objects.copy_from(home, head.manifest)
            at = region.clock.now()
            copied = RegionalHead(UID, head.version, head.manifest, head.commit_id or "", home, at, at)
            with suppress(PreconditionFailed):
                condition = ABSENT if own is None else own.version
                region.state.commit([Put(path, copied.to_document(), if_version=condition)])

    def _beat(self, region: Region) -> None:
        if not region.is_dead:
            anew = self.random.random() < 0.05
            region.incarnation = region.membership.beat(Report(region.name, INTERVAL), anew=anew).incarnation

    def beat_all(self, _: Region) -> None:
        """Everyone who lives is heard."""
        for region in self.regions:
            self._beat(region)

    def _copy_all(self, _: Region) -> None:
        for region in self.regions:
            self.copy(region)

    def _vote_all(self, _: Region) -> None:
        for region in self.regions:
            if self.ballots and not region.is_dead:
                self.vote_on(region, self.ballots[-1])

    def _propose(self, region: Region) -> None:
        heir = self.random.choice(self.names)
        proposal = MoveHome(self.home(), heir, "c", is_planned=self.random.random() < 0.8)
        self.ballots.append(ballot := f"b{len(self.ballots)}")
        region.ballots.open(ballot, proposal, proposer=region.name, lasts=timedelta(minutes=3))

    def _vote(self, region: Region) -> None:
        if self.ballots:
            self.vote_on(region, self.random.choice(self.ballots[-3:]))

    def vote_on(self, region: Region, ballot_id: str) -> None:
        """With the incarnation that this process believes in: it may have been replaced meanwhile."""
        ballot = region.ballots.get(ballot_id)
        now = region.clock.now()
        sight = Sight({member.region: member.presence(now) for member in region.membership.all()})
        opinion = opinion_on(ballot.proposal, sight)
        incarnation = region.incarnation
        region.ballots.vote(ballot_id, Vote(region.name, incarnation, opinion.approves, opinion.reason))

    def _close(self, region: Region) -> None:
        if self.ballots:
            region.ballots.close(self.random.choice(self.ballots))

    def _take_lease(self, region: Region) -> None:
        self.held.append((region, region.leases.acquire(LEASE, region.name, timedelta(minutes=1))))

    def _fence(self, region: Region) -> None:
        self._move(region, lambda region, ballot, held: region.moves.fence(ballot, "c", held))

    def _promote(self, region: Region) -> None:
        self._move(region, lambda region, ballot, held: region.moves.promote(ballot, "c", held))

    def _move(self, region: Region, step: Callable[[Region, Ballot, HeldLease], object]) -> None:
        """With a lease that may be long lost, under a ballot that may say anything."""
        if not self.ballots:
            return
        if not self.held or self.random.random() < 0.3:
            self._take_lease(region)
        holder, held = self.random.choice(self.held[-4:])
        step(holder, holder.ballots.get(self.random.choice(self.ballots[-2:])), held)

    def _fail_over(self, region: Region) -> None:
        """All steps of one workflow, which anything may come between."""
        self.beat_all(region)
        self._propose(region)
        self._vote_all(region)
        ballot = region.ballots.get(self.ballots[-1])
        self.held.append((region, region.leases.acquire(LEASE, region.name, timedelta(minutes=1))))
        held = self.held[-1][1]
        if self.random.random() < 0.5:
            region.moves.fence(ballot, "c", held)
        self._copy_all(region)
        region.moves.promote(ballot, "c", held)

    def _pass_time(self, _: Region) -> None:
        self.clock.advance(timedelta(seconds=self.random.choice([1, 20, 61, 61, 130, 200, 900])))

    def _die_or_rise(self, region: Region) -> None:
        region.is_dead = not region.is_dead

    def survive(self, act: Act) -> None:
        """Do something; what is lost, refused or unanswered is tried again by somebody, some time."""
        with suppress(SwellError, Crashed, LostRace):
            act()

    def _cut_short(self, act: Act, end: BaseException) -> None:
        with self._at_some_call(_raiser(end)):
            self.survive(act)

    def _interrupted(self, act: Act, others: list[Act]) -> None:
        def interrupt() -> None:
            for other in others:
                self.survive(other)

        with self._at_some_call(interrupt):
            self.survive(act)

    @contextmanager
    def _at_some_call(self, happen: Callable[[], None]) -> Iterator[None]:
        left = self.random.choice([self.random.randint(1, 16), self.random.randint(1, 90)])

        def count(_: str) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                happen()

        self.interfere = count
        try:
            yield
        finally:
            self.interfere = lambda _: None

    def _holds(self, region: str, manifest: str) -> bool:
        return self.buckets[region].stat(manifest) is not None


def _raiser(error: BaseException) -> Callable[[], None]:
    def happen() -> None:
        raise error

    return happen


def _name(before: Manifest, commit_id: str) -> str:
    return manifest_name(replace(before, version=before.version + 1, commit_id=commit_id))
