"""Jobs for the steps of a plan."""

from datetime import UTC, datetime, timedelta

import orjson
from hypothesis import given
from hypothesis import strategies as st

from functions.scaling.plan_jobs import PREFIX, changes_between, jobs_of
from shared.adapters.stored.jobs import StoredJobs
from shared.domain.scaling_plan import PlanReason, PlanStep, ScalingPlan
from tests.fakes.state import InMemoryState

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
UNTIL = NOON + timedelta(days=1)


def plan(revision: int = 1, **steps: list[tuple[int, int]]) -> ScalingPlan:
    """A plan whose steps are (minutes after noon, instances)."""
    made = {
        region.replace("_", "-"): tuple(
            PlanStep(NOON + timedelta(minutes=minutes), instances, PlanReason.FORECAST) for minutes, instances in given
        )
        for region, given in steps.items()
    }
    return ScalingPlan(revision, NOON, UNTIL, made)


def test_each_change_of_a_floor_has_a_job_and_regions_share_it() -> None:
    """Steps that change only the reason, and the one that holds already, have none."""
    made = plan(us_east1=[(0, 2), (60, 2), (90, 5), (180, 0)], us_west1=[(0, 0), (90, 1)])

    jobs = jobs_of(made, NOON, UNTIL)

    assert [(job.name, job.at) for job in jobs] == [
        (f"{PREFIX}20260601T1330", NOON + timedelta(minutes=90)),
        (f"{PREFIX}20260601T1500", NOON + timedelta(minutes=180)),
    ]
    body = orjson.loads(jobs[0].message.data)
    assert body["floors"] == [{"region": "us-east1", "instances": 5}, {"region": "us-west1", "instances": 1}]
    assert [orjson.loads(job.message.data)["rises"] for job in jobs] == [True, False]


def test_only_steps_within_reach_have_jobs() -> None:
    """What has begun is over, what is far away will be planned anew."""
    made = plan(us_east1=[(0, 0), (5, 1), (60, 2), (300, 3)])

    jobs = jobs_of(made, NOON + timedelta(minutes=5), NOON + timedelta(minutes=60))

    assert [job.at for job in jobs] == [NOON + timedelta(minutes=60)]


def test_a_revision_that_changes_nothing_of_a_job_leaves_it_alone() -> None:
    """Scheduler's API is not called for what it knows; what changed is replaced, what is gone removed."""
    pending = jobs_of(plan(1, us_east1=[(0, 0), (60, 2), (120, 3), (180, 0)]), NOON, UNTIL)
    wanted = jobs_of(plan(2, us_east1=[(0, 0), (60, 2), (120, 4), (200, 0)]), NOON, UNTIL)

    changes = changes_between(pending, wanted)

    assert [job.name for job in changes.schedule] == [f"{PREFIX}20260601T1400", f"{PREFIX}20260601T1520"]
    assert changes.cancel == (f"{PREFIX}20260601T1500",)
    assert changes_between(wanted, wanted).schedule == ()


_STEPS = st.lists(st.integers(0, 4), min_size=1, max_size=8)


@given(first=_STEPS, second=_STEPS)
def test_carried_out_the_jobs_are_those_of_the_plan(first: list[int], second: list[int]) -> None:
    """Whatever was planned before, after the changes exactly the wanted jobs are pending, and again nothing changes."""
    jobs = StoredJobs(InMemoryState())
    for revision, counts in enumerate((first, second)):
        wanted = jobs_of(plan(revision, us_east1=[(30 * n, count) for n, count in enumerate(counts)]), NOON, UNTIL)
        changes = changes_between(jobs.pending(PREFIX), wanted)
        for name in changes.cancel:
            jobs.cancel(name)
        for job in changes.schedule:
            jobs.schedule(job)

        pending = jobs.pending(PREFIX)
        assert [(job.name, job.at) for job in pending] == [(job.name, job.at) for job in wanted]
        assert changes_between(pending, wanted).schedule == ()
