"""A cause is planted: the advice names it by number, region and minute, and who follows it has mended it."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.rehearsal.result import Run
from benchmarks.scenarios.arrival import Flash, Mix, Ramp, Stage, Zipf
from benchmarks.scenarios.catalog import find_scenario
from benchmarks.scenarios.model import Budget, CalendarEntry, Fault, Fleet, Objectives, Scenario
from benchmarks.simulator.policies import Policy
from benchmarks.simulator.record import run_of
from benchmarks.simulator.setting import setting_for
from benchmarks.simulator.simulation import Simulation
from shared.domain.calendar import EventType
from shared.topology import load_topology

HUB, OTHER = "us-central1", "us-east1"
ROOM = Fleet(hub_at_most=1000, other_at_most=1000, total_at_most=2000)
RISE = Ramp(kind="ramp", stages=(Stage(minutes=5, factor=1), Stage(minutes=10, factor=6)))
FLASH = Flash(kind="flash", at_min=5, peak=10, ramp_min=2, hold_min=5, half_life_min=3)
CALM = find_scenario("baseline-500m").model_copy(
    update={
        "streams": 70e6,
        "duration_min": 18,
        "diurnal": 0.0,
        "regions": {HUB: 40, OTHER: 30},
        "fleet": ROOM,
        "objectives": Objectives(p99_ms=200, error_share=0.005),
    }
)


@pytest.fixture(scope="module")
def rehearse(tmp_path_factory: pytest.TempPathFactory) -> Callable[[dict[str, Any]], Run]:
    """The calm scenario with some of it changed, on two regions."""
    topology, kept_in = load_topology().limited_to([HUB, OTHER]), tmp_path_factory.mktemp("models")

    def play(changes: dict[str, Any]) -> Run:
        scenario: Scenario = CALM.model_copy(update=changes)
        setting = setting_for(scenario, topology, days=2, kept_in=kept_in)
        return run_of(Simulation(scenario, Policy(), setting, 1).run(), setting.calibration, "0000000")

    return play


def not_answered(run: Run) -> float:
    """The share that failed or was shed."""
    return run.summary.error_share + run.summary.shed_share


def whole(number: str) -> int:
    """As it is written in a sentence."""
    return int(number.replace(",", ""))


def announced(advice: tuple[str, ...]) -> tuple[CalendarEntry, ...]:
    """The events that are to be entered."""
    pattern = r"announce the crowd of (\S+), .* from minute (\d+) to (\d+) \(.*--expected-multiple ([\d.]+)"
    return tuple(
        CalendarEntry(
            name=f"crowd of {found[1]}",
            kind=EventType.OTHER,
            start_min=float(found[2]),
            duration_min=float(found[3]) - float(found[2]),
            peak_after_min=0,
            weights={found[1]: 1.0},
            expected_multiple=float(found[4]),
        )
        for text in advice
        if (found := re.match(pattern, text))
    )


@pytest.mark.parametrize(
    ("planted", "said", "follow"),
    [
        pytest.param(
            {"arrival": RISE, "fleet": ROOM.model_copy(update={"other_at_most": 30})},
            rf"raise the quota of {OTHER} from 30 to ([\d,]+) instances: at minute \d+ .* from minute (9|1\d) to 18",
            lambda found, _: {"fleet": ROOM.model_copy(update={"other_at_most": whole(found[1])})},
            id="a quota",
        ),
        pytest.param(
            {"arrival": RISE, "fleet": ROOM.model_copy(update={"total_at_most": 90})},
            r"raise the number of instances in all from 90 to ([\d,]+) .* from minute \d+ to 18, .* most in us-",
            lambda found, _: {"fleet": ROOM.model_copy(update={"total_at_most": whole(found[1])})},
            id="all instances",
        ),
        pytest.param(
            {"arrival": RISE, "budget": Budget(hour=40, day=10_000, month=100_000)},
            r"approve \$([\d,]+) more an hour .* from minute \d+ to 18: .* most in us-",
            lambda found, _: {"budget": Budget(hour=40, day=10_000, month=100_000, approved_per_hour=whole(found[1]))},
            id="money",
        ),
        pytest.param(
            {"arrival": FLASH},
            rf"announce the crowd of {HUB}, 1\d.* at .* from minute 5 to 18 .*: [\d,]+ instances ready by minute 6",
            lambda _, advice: {"calendar": announced(advice)},
            id="no event",
        ),
        pytest.param(
            {"faults": (Fault(kind="disconnect", at_min=5, for_min=1, share=0.1),)},
            rf"have clients come back within ([\d,]+) minutes: 10% of the streams did within 1 .* {HUB} needed",
            lambda found, _: {"faults": (Fault(kind="disconnect", at_min=5, for_min=whole(found[1]), share=0.1),)},
            id="reconnects",
        ),
    ],
)
def test_who_follows_the_advice_mends_it(
    rehearse: Callable[[dict[str, Any]], Run],
    planted: dict[str, Any],
    said: str,
    follow: Callable[[re.Match[str], tuple[str, ...]], dict[str, Any]],
) -> None:
    """Rehearsed again, what failed or was shed is a fifth of it at most; the costliest sentence names the cause."""
    troubled = rehearse(planted)
    found = re.match(said, troubled.summary.advice[0])
    assert found, troubled.summary.advice

    mended = rehearse(planted | follow(found, troubled.summary.advice))

    assert not_answered(troubled) > 0.01
    assert not_answered(mended) < 0.2 * not_answered(troubled)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            Fault(kind="slow_dependency", at_min=5, for_min=4, factor=20, regions=(OTHER,)),
            rf"bound the time of the slow dependency: requests took 20 times as long from minute 5 to 9; .* {OTHER} ",
        ),
        (
            Fault(kind="failing_dependency", at_min=5, for_min=4, share=0.1, regions=(OTHER,)),
            rf"answer without the dependency, .* from minute 5 to 9 10% of the requests failed for its sake in {OTHER}",
        ),
        (
            Fault(kind="region_down", at_min=5, for_min=4, regions=(OTHER,)),
            rf"let clients of {OTHER} ask another region .* down from minute 5 on, .* from minute 5 to 6",
        ),
        (
            Fault(kind="cold_caches", at_min=5),
            r"keep the caches, or hold \d+ instances in us-.*: caches answered 90% before minute 5 and 0% then",
        ),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)
def test_a_fault_that_no_instance_mends_is_told_as_itself(
    rehearse: Callable[[dict[str, Any]], Run], fault: Fault, said: str
) -> None:
    """By its region and its minutes; what other regions lack for its sake is no want of a prewarm."""
    run = rehearse(
        {"faults": (fault,), "mix": Mix(search=0.9, write=0.1), "popularity": Zipf(kind="zipf", keys=10_000, alpha=1.2)}
    )

    assert any(re.match(said, text) for text in run.summary.advice), run.summary.advice
    assert not any(re.match("(prewarm|announce)", text) for text in run.summary.advice)


def test_what_failed_for_two_dependencies_is_told_once(rehearse: Callable[[dict[str, Any]], Run]) -> None:
    """Each has its part of it."""
    faults = tuple(
        Fault(kind=kind, at_min=5, for_min=4, share=0.2) for kind in ("failing_dependency", "writes_refused")
    )
    run = rehearse({"faults": faults, "mix": Mix(search=0.9, write=0.1)})

    parts = [
        float(found[1]) for text in run.summary.advice if (found := re.search(r", ([\d.]+)% of all requests", text))
    ]

    assert len(parts) == 2
    assert "writes until they are taken, or repair it sooner: from minute 5 to 9" in run.summary.advice[1]
    assert parts[0] / parts[1] == pytest.approx(0.2 / 0.08, rel=0.01)
    assert sum(parts) == pytest.approx(100 * run.summary.error_share, abs=0.02)


def test_what_two_faults_struck_is_told_once_and_a_fault_without_effect_is_not(
    rehearse: Callable[[dict[str, Any]], Run],
) -> None:
    """The first of them has it; a crowd that comes where nobody was has a multiple, too."""
    slow = [
        Fault(kind="slow_dependency", at_min=5, for_min=4, factor=factor, regions=(OTHER,)) for factor in (1, 20, 20)
    ]
    run = rehearse({"faults": tuple(slow)})
    from_nothing = Ramp(kind="ramp", begins_at=0, stages=(Stage(minutes=3, factor=0), Stage(minutes=1, factor=8)))

    (said,) = run.summary.advice
    announced_first = rehearse({"arrival": from_nothing, "duration_min": 8}).summary.advice[0]

    assert "took 20 times as long" in said
    assert "--expected-multiple 1000 " in announced_first


def test_a_run_without_trouble_has_no_advice(rehearse: Callable[[dict[str, Any]], Run]) -> None:
    """Also where six times as much comes within minutes, and finds room."""
    assert [(), ()] == [rehearse({"arrival": arrival}).summary.advice for arrival in (CALM.arrival, RISE)]
