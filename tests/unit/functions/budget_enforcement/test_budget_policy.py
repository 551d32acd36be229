"""The budget's decision: how fast money may be spent, what gives way, and how it comes back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from functions.budget_enforcement.alerts import Alert, alerts_for
from functions.budget_enforcement.budget_policy import BudgetDecision, decide_budget
from functions.budget_enforcement.ledger import SpendLedger, book
from functions.budget_enforcement.pacing import Ledgers, Standing
from functions.budget_enforcement.serving_level import LevelReason, LevelState, decide_level
from shared.budget.emergency_stop import BallotOutcome, StopOrder, StopReason, StopState, obey
from shared.budget.limits import ApprovedRaise, Limits, contradictions, limit_in
from shared.budget.windows import Window
from shared.domain.money import MICROS_PER_DOLLAR as DOLLAR
from shared.domain.serving_mode import ServingMode

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
LIMITS = Limits(hour=60 * DOLLAR, day=1000 * DOLLAR, month=20_000 * DOLLAR)
RUVECTOR = Limits(hour=10_000 * DOLLAR, day=200_000 * DOLLAR, month=5_000_000 * DOLLAR)


def decide(ledger: SpendLedger, now: datetime, level: LevelState | None = None, **fields: object) -> BudgetDecision:
    """A decision under the usual limits."""
    given: dict[str, object] = {"raises": (), "stop": StopState(), "limits": LIMITS} | fields
    return decide_budget(Ledgers(ledger, ledger), level=level or LevelState(), now=now, **given)  # type: ignore[arg-type]


def run(dollars_per_minute: list[float]) -> list[BudgetDecision]:
    """Decisions of each minute from noon, whatever is spent."""
    ledger, level, found = SpendLedger(NOON), LevelState(), []
    for number, spent in enumerate(dollars_per_minute, start=1):
        now = NOON + MINUTE * number
        ledger = book(ledger, now, round(spent * DOLLAR))
        found.append(decide(ledger, now, level))
        level = found[-1].level.state
    return found


def test_limits_that_contradict_each_other_are_told() -> None:
    """RuVector's own defaults can never be used up by the hour or the day."""
    assert len(contradictions(RUVECTOR)) == 2
    assert contradictions(Limits(1, 24, 24 * 31)) == ()


@pytest.mark.parametrize("limit", ["hour", "day", "month"])
def test_a_limit_of_nothing_is_refused(limit: str) -> None:
    """To spend nothing there is the emergency stop."""
    with pytest.raises(ValueError, match=limit):
        replace(LIMITS, **{limit: 0})


def test_an_approved_event_raises_every_window_it_touches() -> None:
    """From 12:30 to 14:00 it touches two clock hours: each is raised by the extra, the day and the month by both."""
    final = ApprovedRaise("final", NOON + timedelta(minutes=30), NOON + 2 * HOUR, 100 * DOLLAR, "Ada")

    hours = [limit_in(Window.HOUR, NOON + HOUR * number, LIMITS, [final]) // DOLLAR for number in range(-1, 4)]

    assert hours == [60, 160, 160, 60, 60]
    assert limit_in(Window.DAY, NOON, LIMITS, [final]) == 1200 * DOLLAR
    assert limit_in(Window.MONTH, NOON, LIMITS, [final]) == 20_200 * DOLLAR
    assert limit_in(Window.DAY, NOON + timedelta(days=1), LIMITS, [final]) == 1000 * DOLLAR


@pytest.mark.parametrize(
    ("changed", "words"),
    [({"approved_by": ""}, "approved_by"), ({"extra_per_hour": 0}, "extra_per_hour"), ({"end": NOON}, "end")],
)
def test_a_raise_that_nobody_approved_is_refused(changed: dict[str, object], words: str) -> None:
    """A raise has a name behind it, an amount and a time."""
    with pytest.raises(ValueError, match=words):
        replace(ApprovedRaise("final", NOON, NOON + HOUR, DOLLAR, "Ada"), **changed)  # type: ignore[arg-type]


def test_a_fleet_within_its_limit_is_left_alone() -> None:
    """At nine tenths of the hour's limit nothing gives way, and there is room for more than is spent."""
    found = run([0.5] * 120)

    assert {decision.mode for decision in found} == {ServingMode.NORMAL}
    assert min(decision.micros_per_hour for decision in found) > 30 * DOLLAR


def test_what_is_left_is_spread_over_the_window() -> None:
    """Half of an hour's money gone in ten minutes leaves a rate at which the rest lasts for half an hour."""
    ledger = book(SpendLedger(NOON), NOON + 10 * MINUTE, 30 * DOLLAR)

    decision = decide(ledger, NOON + 10 * MINUTE)

    assert decision.binding is Window.HOUR
    assert decision.micros_per_hour == 60 * DOLLAR
    assert decide(ledger, NOON + 70 * MINUTE).micros_per_hour > decision.micros_per_hour


def test_a_month_that_is_nearly_used_up_binds() -> None:
    """The day's and the hour's limit do not help when the month has little left."""
    ledger = replace(SpendLedger(NOON), month=19_990 * DOLLAR)

    assert decide(ledger, NOON).binding is Window.MONTH


@pytest.mark.parametrize(
    ("rate", "mode"),
    [
        (0.9, ServingMode.NORMAL),
        (1.1, ServingMode.MINOR),
        (1.3, ServingMode.MAJOR),
        (1.7, ServingMode.CRITICAL),
    ],
)
def test_levels_follow_the_rate_of_the_hour(rate: float, mode: ServingMode) -> None:
    """Over the limit at the present rate: minor; by a fifth: major; by half: critical."""
    last = run([rate] * 20)[-1]

    assert last.mode is mode
    if mode is not ServingMode.NORMAL:
        assert (last.level.reason, last.level.window) == (LevelReason.OVER_BUDGET_AT_THIS_RATE, Window.HOUR)


def test_every_level_is_reached_upwards_and_downwards() -> None:
    """Spending that grows until the hour's money is gone, then stops: up through all levels, and down one at a time."""
    growing = [0.2] * 5 + [1.05] * 6 + [1.3] * 5 + [1.7] * 5 + [8.0] * 8
    found = run(growing + [0.0] * 91)

    modes = [decision.mode for decision in found]
    steps = [mode for number, mode in enumerate(modes) if number == 0 or mode is not modes[number - 1]]
    assert steps == [0, 1, 2, 3, 4, 3, 2, 1, 0]
    assert {decision.level.reason for decision in found} >= {
        LevelReason.EXHAUSTED,
        LevelReason.HELD,
        LevelReason.STEPPED_DOWN,
        LevelReason.WITHIN_BUDGET,
    }


def test_a_level_is_held_until_its_cause_is_gone_by_a_margin() -> None:
    """Just below the line that called for it a level stays; going back and forth over the line changes nothing."""
    wavering = run([1.3] * 15 + [1.3, 1.15] * 12)

    assert {decision.mode for decision in wavering[15:]} == {ServingMode.MAJOR}


@pytest.mark.parametrize(
    ("mode", "used", "pressure", "reason"),
    [
        pytest.param(ServingMode.MAJOR, 0.5, 1.15, LevelReason.HELD, id="within the margin"),
        pytest.param(ServingMode.MAJOR, 0.5, 1.05, LevelReason.STEPPED_DOWN, id="below the margin"),
        pytest.param(ServingMode.EMERGENCY, 0.96, 0.9, LevelReason.HELD, id="still all but spent"),
        pytest.param(ServingMode.EMERGENCY, 0.9, 0.9, LevelReason.STEPPED_DOWN, id="some given back"),
    ],
)
def test_a_level_is_given_back_below_its_line_by_a_margin(
    mode: ServingMode, used: float, pressure: float, reason: LevelReason
) -> None:
    """A tenth below the line that called for it, and five minutes long; one level at a time."""
    standing = Standing(Window.HOUR, 100, 0, round(used * 100), 0, round(pressure * 100), 0)

    decision = decide_level([standing], LevelState(mode, NOON - HOUR), now=NOON)

    assert decision.reason is reason
    assert decision.mode == (mode if reason is LevelReason.HELD else mode - 1)


def test_a_denied_scale_out_is_at_least_minor() -> None:
    """Where money or quota held instances back, free traffic gives way first, whatever has been spent."""
    decision = decide(SpendLedger(NOON), NOON, scale_out_denied=True)

    assert (decision.mode, decision.level.reason) == (ServingMode.MINOR, LevelReason.SCALE_OUT_DENIED)


def test_alerts_follow_what_is_used() -> None:
    """Half is a note, 80 % a warning, 90 % critical, 100 % spent; of each window by itself."""
    found = [
        [
            (standing.window, alert)
            for alert, standing in alerts_for(
                decide(book(SpendLedger(NOON, month=16_000 * DOLLAR), NOON + MINUTE, spent * DOLLAR), NOON).windows
            )
        ]
        for spent in (10, 30, 48, 54, 61)
    ]

    alerts = (None, Alert.INFO, Alert.WARNING, Alert.CRITICAL, Alert.SPENT)
    month = (Window.MONTH, Alert.WARNING)
    assert found == [[month] if alert is None else [(Window.HOUR, alert), month] for alert in alerts]


@pytest.mark.parametrize(
    ("order", "state", "reason"),
    [
        (StopOrder(True, NOON, operator="Ada"), StopState(), StopReason.STOPPED),
        (StopOrder(True, NOON, ballot=BallotOutcome("b1", passed=True)), StopState(), StopReason.STOPPED),
        (StopOrder(True, NOON), StopState(), StopReason.NOBODY_NAMED),
        (StopOrder(True, NOON, operator="  "), StopState(), StopReason.NOBODY_NAMED),
        (StopOrder(True, NOON, ballot=BallotOutcome("b1", passed=False)), StopState(), StopReason.BALLOT_NOT_PASSED),
        (StopOrder(False, NOON, operator="Ada"), StopState(True, "Ada", NOON), StopReason.RELEASED),
        (StopOrder(True, NOON, operator="Ada"), StopState(True, "Ada", NOON), StopReason.ALREADY_SO),
        (StopOrder(True, NOON - HOUR, operator="Ada"), StopState(False, "Bo", NOON), StopReason.OVERTAKEN),
    ],
)
def test_the_emergency_stop_needs_somebody_behind_it(order: StopOrder, state: StopState, reason: StopReason) -> None:
    """A named operator, or a ballot that passed; an order that was overtaken by a later one is none."""
    decision = obey(order, state)

    assert decision.reason is reason
    assert (decision.state == state) == (reason not in {StopReason.STOPPED, StopReason.RELEASED})


def test_while_stopped_nothing_may_be_spent() -> None:
    """The stop holds whatever the budget says, and the decision says by whom."""
    stop = obey(StopOrder(True, NOON, ballot=BallotOutcome("b1", passed=True)), StopState()).state

    decision = decide(SpendLedger(NOON), NOON, stop=stop)

    assert (decision.micros_per_hour, decision.mode, decision.stopped_by) == (0, ServingMode.EMERGENCY, "ballot b1")
    assert decide(SpendLedger(NOON), NOON).stopped_by == ""
