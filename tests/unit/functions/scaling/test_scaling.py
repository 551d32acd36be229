"""The function as a whole, on fakes: plan, load and budget in, sizes of regions out."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from functions.scaling.settings import ScalingSettings
from functions.scaling.wants import RegionTerms, terms_of
from functions.scaling.wiring import build
from shared.adapters.opening import Adapters
from shared.adapters.platform import Platform
from shared.budget.answers import MostAnswers
from shared.coordination.member import Report
from shared.coordination.membership import Membership
from shared.crowds.paths import PLAN, PLAN_JOBS, fleet_document
from shared.crowds.plan_store import plan_document
from shared.crowds.prewarms import Prewarms, prewarm_of_step
from shared.crowds.spending import Spending, spending_write
from shared.crowds.timeline import EntryKind, Timeline
from shared.domain.load import LoadMinute
from shared.domain.prices import LIST_PRICES
from shared.domain.scaling_plan import PlanReason, PlanStep, ScalingPlan
from shared.domain.tier import Tier
from shared.entrypoint import Consumer
from shared.errors import DependencyUnavailable
from shared.events.codec import to_message
from shared.events.crowds import PlanChangedV1, ScalingDueV1
from shared.events.event import Event
from shared.outcomes import Outcome
from shared.ports.fleet import FleetSize
from shared.ports.state import Put
from shared.topology import load_topology
from tests.fakes.clock import FrozenClock
from tests.fakes.crowds import GivenLoad, PaperFleet, paper_platform
from tests.fakes.objects import InMemoryObjects
from tests.fakes.publisher import RecordingPublisher
from tests.fakes.state import InMemoryState

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
REGION = "us-east1"
QUOTA = 10  # of a tier 2 region, in topology.yaml


def every_term() -> list[RegionTerms]:
    """On which regions have their instances."""
    topology = load_topology()
    return terms_of(topology, LIST_PRICES, dict.fromkeys(topology.regions, 80), MostAnswers(12_000, 2_000))


class FlakyFleet(PaperFleet):
    """Does not answer for regions that the test names."""

    def __init__(self, fleet: PaperFleet) -> None:
        self.sizes = fleet.sizes
        self.silent: set[str] = set()

    def resize(self, region: str, *, min_instances: int, max_instances: int) -> None:
        """As the port."""
        if region in self.silent:
            raise DependencyUnavailable("Cloud Run does not answer")
        super().resize(region, min_instances=min_instances, max_instances=max_instances)


@dataclass
class Scaling:
    """The function, a minute after the other."""

    consumer: Consumer
    clock: FrozenClock
    state: InMemoryState
    load: GivenLoad
    fleet: FlakyFleet
    platform: Platform

    def tick(self, cpu: float | None = None, instances: int = 1, **fields: object) -> Outcome:
        """A minute passes, with this CPU share on so many instances; then a tick comes."""
        if cpu is not None:
            self.measure(cpu, instances, **fields)
        self.clock.advance(timedelta(minutes=1))
        return self.deliver(ScalingDueV1(event_id="tick", occurred_at=self.clock.now()))

    def measure(self, cpu: float, instances: int, **fields: object) -> None:
        """The minute that begins now, as it will be measured."""
        minute = LoadMinute(
            region=REGION,
            minute=self.clock.now(),
            requests=600,
            measured_at=self.clock.now() + timedelta(minutes=1),
            instances=instances,
            cpu=cpu,
            concurrency=1.0,
            memory=0.2,
            p99_ms=10.0,
            errors=0,
            dependency_errors=0,
        )
        self.load.given.append(minute._replace(**fields))  # type: ignore[arg-type]

    def deliver(self, event: Event) -> Outcome:
        """One delivery."""
        message = to_message(event)
        return self.consumer.consume(message.data, message.attributes)

    def plan(self, *steps: tuple[int, int], revision: int = 1) -> None:
        """A plan of (minutes after noon, instances)."""
        made = tuple(
            PlanStep(NOON + timedelta(minutes=minutes), instances, PlanReason.EVENT) for minutes, instances in steps
        )
        plan = ScalingPlan(revision, NOON, NOON + timedelta(days=1), {REGION: made})
        self.state.commit([Put(PLAN, plan_document(plan))])

    @property
    def size(self) -> FleetSize:
        """What the region is set to."""
        return self.fleet.size(REGION)


@pytest.fixture
def scaling() -> Scaling:
    """Fifteen regions without instances, at noon."""
    return scaling_on(timedelta(0))


def scaling_on(load_late: timedelta) -> Scaling:
    """The same, on a platform that knows load so late."""
    clock, load = FrozenClock(NOON), GivenLoad()
    state = InMemoryState(clock=clock)
    paper = paper_platform(state, clock, load)
    assert isinstance(paper.fleet, PaperFleet)
    fleet = FlakyFleet(paper.fleet)
    platform = replace(paper, fleet=fleet, load_late=load_late)
    return Scaling(started(state, clock, platform), clock, state, load, fleet, platform)


def started(state: InMemoryState, clock: FrozenClock, platform: Platform) -> Consumer:
    """An instance of the function that has just started."""
    adapters = Adapters(state, InMemoryObjects(clock=clock), RecordingPublisher(), clock)
    settings = ScalingSettings.model_validate({"runtime": "embedded", "data_dir": "unused"})
    return build(adapters, platform, settings)


def test_an_instance_that_has_just_started_decides_as_one_that_has_run(scaling: Scaling) -> None:
    """What one remembers of its own decisions and of the plan is what their documents say."""
    other = scaling_on(timedelta(0))
    for each in (scaling, other):
        each.plan((0, 1), (4, 3))

    for cpu, p99_ms in ((0.9, 10.0), (0.6, 300.0), (0.9, 300.0), (0.9, 10.0), (0.1, 10.0), (0.1, 10.0)):
        scaling.tick(cpu, 3, p99_ms=p99_ms, by_tier={Tier.PREMIUM: 400, Tier.FREE: 200})
        other.consumer = started(other.state, other.clock, other.platform)
        other.tick(cpu, 3, p99_ms=p99_ms, by_tier={Tier.PREMIUM: 400, Tier.FREE: 200})

        ours, others = (each.state.get(fleet_document(REGION)) for each in (scaling, other))
        assert ours == others


def test_load_starts_instances_within_one_tick(scaling: Scaling) -> None:
    """At 80 % of three instances, a fourth; the decision and the story say why."""
    scaling.fleet.resize(REGION, min_instances=3, max_instances=QUOTA)

    assert scaling.tick(cpu=0.8, instances=3) is Outcome.DONE

    assert (scaling.size.min_instances, scaling.size.max_instances) == (4, QUOTA)
    document = scaling.state.get(fleet_document(REGION))
    assert document is not None
    assert (document.data["winner"], document.data["reason"]) == ("demand", "out_load")
    (told,) = Timeline(scaling.state).since(NOON)
    assert told.kind is EntryKind.SCALING
    assert told.text == "us-east1: 3 -> 4 instances (demand: out_load)"


@pytest.mark.parametrize(("load_late_min", "expected"), [(5, 4), (0, 3)], ids=["late as it may be", "too old"])
def test_load_that_is_known_late_starts_instances_all_the_same(load_late_min: int, expected: int) -> None:
    """Cloud Monitoring shows a minute some minutes after it: the newest one is what there is to go by."""
    scaling = scaling_on(timedelta(minutes=load_late_min))
    scaling.fleet.resize(REGION, min_instances=3, max_instances=QUOTA)
    scaling.measure(cpu=0.8, instances=3)
    scaling.clock.advance(timedelta(minutes=3))

    scaling.tick()

    assert scaling.size.min_instances == expected


def test_the_plan_is_a_floor_under_the_demand(scaling: Scaling) -> None:
    """Without any load the floor stands; after the plan's last step nothing is kept."""
    scaling.plan((0, 4), (3, 0))

    scaling.tick()
    at_first = scaling.size.min_instances
    for _ in range(3):
        scaling.tick(cpu=None)

    assert at_first == 4
    assert scaling.size.min_instances == 0


def test_the_budget_is_a_ceiling_over_both(scaling: Scaling) -> None:
    """What may be spent an hour pays for two instances: the plan's eight are denied, nothing more may start."""
    scaling.plan((0, 8))
    terms = every_term()
    hourly = next(one.micros_per_instance_hour for one in terms if one.region == REGION)
    scaling.state.commit([spending_write(Spending(2 * hourly, NOON))])

    scaling.tick()

    assert (scaling.size.min_instances, scaling.size.max_instances) == (2, 2)
    document = scaling.state.get(fleet_document(REGION))
    assert document is not None
    assert (document.data["winner"], document.data["denied"], document.data["denial"]) == ("budget", 6, "money")
    others = sum(size.max_instances for region, size in scaling.fleet.sizes.items() if region != REGION)
    assert others == 0


def test_premium_callers_come_first_wherever_they_are_and_who_was_denied_is_told(scaling: Scaling) -> None:
    """Money for four instances of six: the less important region's premium callers, then the other's standard ones."""
    terms = every_term()
    hourly = {one.region: one.micros_per_instance_hour for one in terms}
    budget = 3 * hourly["us-west1"] + hourly["us-central1"]
    scaling.state.commit([spending_write(Spending(budget, NOON))])
    for region in ("us-west1", "us-central1"):
        scaling.fleet.resize(region, min_instances=2, max_instances=QUOTA)

    scaling.measure(cpu=0.8, instances=2, region="us-west1", by_tier={Tier.PREMIUM: 600})
    scaling.tick(cpu=0.8, instances=2, region="us-central1", by_tier={Tier.FREE: 590, Tier.STANDARD: 10})

    premium, others = scaling.state.get_many([fleet_document(region) for region in ("us-west1", "us-central1")])
    assert premium is not None
    assert others is not None
    assert (premium.data["demand"], premium.data["min_instances"], premium.data["denied_by_tier"]) == (3, 3, {})
    assert (others.data["demand"], others.data["min_instances"]) == (3, 1)
    assert (others.data["denied_by_tier"], others.data["denial"]) == ({"free": 2}, "money")
    told = [entry.text for entry in Timeline(scaling.state).since(NOON)]
    assert "us-central1: 2 -> 1 instances (budget denies 2: 2 free)" in told


def test_a_tick_delivered_twice_decides_once(scaling: Scaling) -> None:
    """A repeated tick would otherwise let demand fall or rise twice in one minute."""
    scaling.tick(cpu=0.9)
    before = scaling.size

    again = scaling.deliver(ScalingDueV1(event_id="tick", occurred_at=scaling.clock.now()))

    assert again is Outcome.DUPLICATE
    assert scaling.size == before


def test_a_region_that_cannot_be_set_keeps_no_other_from_it_and_is_set_later(scaling: Scaling) -> None:
    """The decision stands; the next tick carries it out."""
    scaling.plan((0, 4))
    scaling.fleet.silent = {REGION}

    assert scaling.tick() is Outcome.DONE
    assert scaling.size.min_instances == 0
    assert scaling.fleet.size("us-west1").max_instances == QUOTA
    scaling.fleet.silent = set()
    scaling.tick()

    assert scaling.size.min_instances == 4


def test_a_plan_that_changed_has_its_jobs_and_they_begin_its_steps(scaling: Scaling) -> None:
    """The step that rises is a prewarm, begun once however often the job is delivered, and its floor holds at once."""
    scaling.plan((0, 0), (20, 6), (80, 0))
    changed = PlanChangedV1(event_id="changed", occurred_at=NOON, revision=1)
    scaling.deliver(changed)
    scaling.deliver(changed)
    rise, fall = scaling.platform.jobs.pending("plan-")
    scaling.clock.advance(timedelta(minutes=20))

    for _ in range(2):
        outcome = scaling.consumer.consume(rise.message.data, rise.message.attributes)

    assert outcome is Outcome.DONE
    assert scaling.size.min_instances == 6
    (run,) = scaling.platform.runs.list("prewarm_regions")
    assert run.argument["regions"] == [{"region": REGION, "instances": 6}]
    assert run.argument["ends_at"] == fall.at.isoformat()
    told = Timeline(scaling.state).since(NOON)
    assert told[0].kind is EntryKind.JOB
    assert {entry.kind for entry in told[1:]} == {EntryKind.PREWARM, EntryKind.SCALING}
    assert len(told) == 3


def test_a_job_that_somebody_deleted_is_made_again_and_all_of_them_are_told(scaling: Scaling) -> None:
    """The plan is announced with every forecast, whether it changed or not."""
    scaling.plan((0, 0), (20, 6), (80, 0))
    changed = PlanChangedV1(event_id="changed", occurred_at=NOON, revision=1)
    scaling.deliver(changed)
    made = scaling.platform.jobs.pending("plan-")

    scaling.platform.jobs.cancel(made[0].name)
    scaling.deliver(changed)

    assert scaling.platform.jobs.pending("plan-") == made
    told = scaling.state.get(PLAN_JOBS)
    assert told is not None
    assert [job["name"] for job in told.data["jobs"]] == [job.name for job in made]


@pytest.mark.parametrize(
    ("late_min", "outcome", "instances", "runs"),
    [(40, Outcome.DONE, 6, 1), (61, Outcome.PARKED, 0, 0)],
    ids=["late", "too late"],
)
def test_a_job_that_runs_late_begins_its_step_while_that_makes_sense(
    scaling: Scaling, late_min: int, outcome: Outcome, instances: int, runs: int
) -> None:
    """Within an hour; after that it is parked, and each minute's tick has long followed the plan."""
    scaling.plan((0, 0), (20, 6), (180, 0))
    scaling.deliver(PlanChangedV1(event_id="changed", occurred_at=NOON, revision=1))
    rise, _ = scaling.platform.jobs.pending("plan-")
    scaling.clock.advance(timedelta(minutes=20 + late_min))

    assert scaling.consumer.consume(rise.message.data, rise.message.attributes) is outcome
    assert scaling.size.min_instances == instances
    assert len(scaling.platform.runs.list("prewarm_regions")) == runs


def test_a_step_of_a_plan_that_has_changed_since_is_not_begun(scaling: Scaling) -> None:
    """A job that comes late or was not removed in time does nothing."""
    scaling.plan((0, 0), (20, 6))
    scaling.deliver(PlanChangedV1(event_id="changed", occurred_at=NOON, revision=1))
    (job,) = scaling.platform.jobs.pending("plan-")
    scaling.plan((0, 0), (20, 3), revision=2)
    scaling.clock.advance(timedelta(minutes=20))

    assert scaling.consumer.consume(job.message.data, job.message.attributes) is Outcome.STALE
    assert scaling.platform.runs.list("prewarm_regions") == []


def test_constant_load_changes_nothing_after_the_first_decision(scaling: Scaling) -> None:
    """No flapping through the whole function: twenty minutes of the same load, at most one change."""
    scaling.fleet.resize(REGION, min_instances=2, max_instances=QUOTA)
    sizes = []
    for _ in range(20):
        scaling.tick(cpu=0.55, instances=2)
        sizes.append(scaling.size.min_instances)

    changes = sum(before != after for before, after in pairwise(sizes))
    assert changes <= 1


def test_an_event_that_is_cancelled_gives_its_prewarm_s_floors_back(scaling: Scaling) -> None:
    """Over half an hour, told once; what the plan still asks stays, and a request sent again is no raise."""
    prewarms, name = Prewarms(scaling.state), prewarm_of_step(NOON)
    scaling.plan((0, 6), (180, 0))
    prewarms.raise_floor(name, REGION, 6, revision=1, ends_at=NOON + timedelta(hours=3))
    scaling.tick()

    scaling.plan((0, 0), (60, 2), (90, 0), revision=2)
    sizes = []
    for _ in range(32):
        prewarms.raise_floor(name, REGION, 6, revision=1, ends_at=NOON + timedelta(hours=3))
        scaling.tick()
        scaling.deliver(ScalingDueV1(event_id="tick", occurred_at=scaling.clock.now()))
        sizes.append(scaling.size.min_instances)

    assert (sizes[0], sizes[15], sizes[-1]) == (6, 3, 2)
    assert sizes == sorted(sizes, reverse=True)
    told = [entry.text for entry in Timeline(scaling.state).since(NOON) if entry.kind is EntryKind.PREWARM]
    assert told == [f"prewarm {name} gives {REGION} back, 6 -> 2 over half an hour: plan 2 asks for no more"]


def test_a_prewarm_holds_a_floor_of_its_own(scaling: Scaling) -> None:
    """The plan may have stepped down already: the higher of both stands."""
    scaling.plan((0, 2))
    Prewarms(scaling.state).raise_floor("step", REGION, 5, revision=1, ends_at=NOON + timedelta(hours=1))

    scaling.tick()

    assert scaling.size.min_instances == 5


def test_a_region_that_comes_back_has_instances_before_it_is_asked(scaling: Scaling) -> None:
    """Its clients are elsewhere, so load asks for nothing; a tick that comes twice decides once."""
    membership = Membership(scaling.state, scaling.clock)
    membership.beat(Report(REGION, timedelta(minutes=1)))
    for _ in range(12):
        membership.beat(Report(REGION, timedelta(minutes=1)))
        scaling.tick(cpu=0.6, instances=8)
    assert scaling.size.min_instances == 8
    for _ in range(30):  # silent, and asked by nobody
        scaling.tick(cpu=0.0, instances=0, requests=0, concurrency=0.0, p99_ms=None)
    gone = scaling.size.min_instances

    membership.beat(Report(REGION, timedelta(minutes=1)))
    scaling.tick()
    held = scaling.size.min_instances
    again = scaling.deliver(ScalingDueV1(event_id="tick", occurred_at=scaling.clock.now()))

    assert (gone, held, again) == (0, 2, Outcome.DUPLICATE)
    document = scaling.state.get(fleet_document(REGION))
    assert document is not None
    assert (document.data["returning"], document.data["standing"]["needed"]) == (2, 8)
    assert "its clients return" in Timeline(scaling.state).since(NOON)[-1].text
