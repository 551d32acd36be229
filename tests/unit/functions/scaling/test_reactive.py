"""Reactive scaling: out within one decision, in slowly, and never back and forth."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from math import ceil

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from functions.scaling.reactive import Bounds, Limit, ReactiveState, ScaleDecision, ScaleReason, decide_demand
from functions.scaling.signals import Signal, Signals, Urgency
from tests.unit.functions.scaling.fleets import MINUTE, NOON, POLICY, WIDE, Fleet, calm, changes, minutes


def decide(sample: Signals, state: ReactiveState | None = None, bounds: Bounds = WIDE, count: int = 6) -> ScaleDecision:
    """The decision at noon, after minutes that were all the same."""
    return decide_demand(minutes(sample, count), state or ReactiveState(sample.instances), bounds, POLICY, NOON)


def light_load(asked: list[bool], requests: int, start: int) -> list[ScaleDecision]:
    """A decision each minute; in some of them so many requests come, which one instance answers with ease."""
    state, samples, decisions = ReactiveState(start), list[Signals](), list[ScaleDecision]()
    for number, is_asked in enumerate(asked):
        now, rate = NOON + MINUTE * number, requests / 60 if is_asked else 0.0
        samples = [*samples[-5:], calm(1, at=now, requests_per_s=rate, cpu=0.01 + rate / 100, concurrency=rate / 100)]
        decisions.append(decide_demand(samples, state, WIDE, POLICY, now))
        state = decisions[-1].state
    return decisions


@pytest.mark.parametrize(
    ("sample", "instances", "reason", "signal", "urgency"),
    [
        pytest.param(calm(cpu=0.5), 10, ScaleReason.STEADY, None, Urgency.LOW, id="calm"),
        pytest.param(calm(cpu=0.69), 10, ScaleReason.STEADY, None, Urgency.LOW, id="above target, below the limit"),
        pytest.param(calm(cpu=0.75), 13, ScaleReason.OUT_LOAD, Signal.CPU, Urgency.NORMAL, id="cpu"),
        pytest.param(calm(cpu=0.85), 15, ScaleReason.OUT_LOAD, Signal.CPU, Urgency.HIGH, id="cpu high"),
        pytest.param(calm(cpu=0.95), 16, ScaleReason.OUT_LOAD, Signal.CPU, Urgency.CRITICAL, id="cpu critical"),
        pytest.param(
            calm(concurrency=70.0), 13, ScaleReason.OUT_LOAD, Signal.CONCURRENCY, Urgency.NORMAL, id="concurrency"
        ),
        pytest.param(calm(p99_ms=60.0), 13, ScaleReason.OUT_PRESSURE, Signal.LATENCY, Urgency.HIGH, id="latency"),
        pytest.param(
            calm(p99_ms=120.0), 15, ScaleReason.OUT_PRESSURE, Signal.LATENCY, Urgency.CRITICAL, id="latency critical"
        ),
        pytest.param(calm(memory=0.8), 13, ScaleReason.OUT_PRESSURE, Signal.MEMORY, Urgency.HIGH, id="memory"),
        pytest.param(calm(error_share=0.02), 13, ScaleReason.OUT_PRESSURE, Signal.ERRORS, Urgency.HIGH, id="errors"),
        pytest.param(
            calm(cpu=0.95, p99_ms=60.0),
            16,
            ScaleReason.OUT_LOAD,
            Signal.CPU,
            Urgency.CRITICAL,
            id="the worst is urgent",
        ),
    ],
)
def test_each_signal_scales_out_within_one_decision(
    sample: Signals, instances: int, reason: ScaleReason, signal: Signal | None, urgency: Urgency
) -> None:
    """Load to the number that its target needs, pressure by 30 or 50 %; the urgency is that of the worst signal."""
    decision = decide(sample)

    assert (decision.instances, decision.reason, decision.signal) == (instances, reason, signal)
    assert decision.urgency is urgency
    assert decision.changes == (instances != 10)


def test_errors_of_a_failing_dependency_start_nothing_and_stop_nothing() -> None:
    """More instances would only ask it more; when it recovers, those there are needed again."""
    failing = calm(cpu=0.05, concurrency=1.0, error_share=0.5, dependency_error_share=0.5)

    decision = decide(failing)

    assert (decision.instances, decision.reason) == (10, ScaleReason.DEPENDENCY_FAILING)


def test_latency_without_load_starts_nothing() -> None:
    """Slow answers of idle instances are not for want of more."""
    decision = decide(calm(cpu=0.1, concurrency=2.0, p99_ms=500.0))

    assert (decision.instances, decision.reason) == (10, ScaleReason.PRESSURE_NOT_FROM_LOAD)


def test_a_step_that_did_not_help_is_not_repeated() -> None:
    """Constant latency gets one step; it settles, and then no further."""
    decisions = Fleet(lambda _: 5.0, 10, p99_ms=lambda _: 60.0).run(60)

    assert changes(decisions) == [13]
    assert decisions[1].reason is ScaleReason.PRESSURE_SETTLING
    assert decisions[-1].reason is ScaleReason.PRESSURE_NOT_HELPED


def test_a_step_that_helped_is_repeated_until_the_pressure_is_gone() -> None:
    """Latency that falls with every step gets more of them, and then the number stays for hours."""
    decisions = Fleet(lambda _: 6.9, 10, p99_ms=lambda busy: 20 + 120 * max(0.0, busy - 0.3)).run(180)

    assert changes(decisions) == [13]
    assert decisions[-1].instances == 13


def test_a_burst_is_followed_at_once_and_not_let_go_too_soon() -> None:
    """Four times the load: enough in one decision; while it may come back nothing is stopped."""
    decisions = Fleet(lambda minute: 24.0 if minute == 10 else 6.0, 10).run(30)

    assert decisions[10].reason is ScaleReason.OUT_LOAD  # ten ready ones can show no more than a full load
    assert decisions[10].instances == 17
    assert all(decision.instances == 17 for decision in decisions[10:15])
    assert changes(decisions)[-1] == 10


def test_a_burst_that_shows_in_concurrency_is_a_panic() -> None:
    """Requests queue up to twice what the ready instances should take: panic, during which nothing shrinks."""
    burst = decide(calm(instances=2, cpu=1.0, concurrency=130.0), ReactiveState(2))

    after = decide_demand(
        minutes(calm(cpu=0.1, concurrency=2.0)), burst.state._replace(burst_at=NOON - 4 * MINUTE), WIDE, POLICY, NOON
    )

    assert (burst.instances, burst.reason) == (5, ScaleReason.OUT_BURST)
    assert (after.instances, after.reason) == (5, ScaleReason.BURST_NOT_OVER)


@pytest.mark.parametrize(
    ("sample", "state", "bounds", "reason"),
    [
        pytest.param(calm(cpu=0.1, concurrency=1.0, memory=None), None, WIDE, ScaleReason.SIGNAL_MISSING, id="missing"),
        pytest.param(
            calm(cpu=0.1, concurrency=1.0),
            ReactiveState(10, changed_at=NOON - 4 * MINUTE),
            WIDE,
            ScaleReason.IN_COOLDOWN,
            id="cooldown",
        ),
        pytest.param(calm(cpu=0.1, concurrency=1.0), None, Bounds(10, 20), ScaleReason.AT_MINIMUM, id="at the minimum"),
        pytest.param(calm(cpu=0.9), None, Bounds(0, 10), ScaleReason.AT_MAXIMUM, id="at the maximum"),
        pytest.param(calm(at=NOON), ReactiveState(10, changed_at=None), Bounds(0, 10), ScaleReason.STEADY, id="steady"),
    ],
)
def test_what_holds_a_decision_back_is_named(
    sample: Signals, state: ReactiveState | None, bounds: Bounds, reason: ScaleReason
) -> None:
    """No action, and the reason why."""
    decision = decide(sample, state, bounds)

    assert (decision.instances, decision.changes, decision.reason) == (10, False, reason)


def test_without_signals_nothing_is_done() -> None:
    """Old samples are none: a region that does not report is left as it is."""
    old = [sample._replace(at=sample.at - timedelta(hours=1)) for sample in minutes(calm(cpu=0.99))]

    assert decide_demand(old, ReactiveState(7), WIDE, POLICY, NOON).reason is ScaleReason.NO_DATA
    assert decide_demand([], ReactiveState(7), WIDE, POLICY, NOON).instances == 7


def test_missing_load_signals_scale_neither_way() -> None:
    """Neither CPU nor concurrency known: the number stays."""
    decision = decide(calm(cpu=None, concurrency=None))

    assert (decision.instances, decision.reason) == (10, ScaleReason.STEADY)


def test_too_few_minutes_are_not_calm() -> None:
    """Two calm minutes are no reason to stop anything."""
    assert decide(calm(cpu=0.1, concurrency=1.0), count=2).reason is ScaleReason.SIGNAL_MISSING


def test_in_goes_at_most_by_half_and_after_its_cooldown() -> None:
    """From a hundred to what one minute in five needed at most: 50, 25, 12, 10, five minutes apart."""
    decisions = Fleet(lambda _: 6.0, 100).run(60)

    assert changes(decisions) == [50, 25, 12, 10]
    moments = [number for number, decision in enumerate(decisions) if decision.changes]
    assert all(later - earlier >= 5 for earlier, later in pairwise(moments))


def test_a_region_that_nobody_asks_for_half_an_hour_goes_to_zero() -> None:
    """Idling costs some CPU; without requests it holds nothing up, but five quiet minutes are no end of a crowd."""
    idle = calm(instances=1, requests_per_s=0.0, cpu=0.02, concurrency=0.0)

    held = decide(idle, ReactiveState(1, asked_at=NOON - 29 * MINUTE))
    down = decide(idle, ReactiveState(1, asked_at=NOON - 30 * MINUTE))
    unknown = decide(idle, ReactiveState(1))

    assert (held.instances, held.reason) == (1, ScaleReason.NOT_IDLE_FOR_LONG)
    assert (down.instances, down.reason) == (0, ScaleReason.IN_CALM)
    assert (unknown.instances, unknown.state.asked_at) == (1, NOON)


@pytest.mark.parametrize(
    ("asked", "cpu", "expected"),
    [
        ([0], 0.1, (0, ScaleReason.SELDOM_ASKED)),
        ([0, 3], 0.1, (0, ScaleReason.SELDOM_ASKED)),
        ([0, 2, 4], 0.1, (1, ScaleReason.OUT_LOAD)),
        ([0], 1.0, (2, ScaleReason.OUT_BURST)),
    ],
    ids=["once", "now and then", "three minutes in five", "more than one instance takes"],
)
def test_the_first_instance_is_kept_for_more_than_a_few_requests(
    asked: list[int], cpu: float, expected: tuple[int, ScaleReason]
) -> None:
    """The platform starts an instance for a single request by itself; what one does not take starts more at once."""
    samples = [
        calm(
            1, at=NOON - back * MINUTE, requests_per_s=0.1 * (back in asked), cpu=cpu * (back in asked), concurrency=0.0
        )
        for back in range(5, -1, -1)
    ]

    decision = decide_demand(samples, ReactiveState(0), WIDE, POLICY, NOON)

    assert (decision.instances, decision.reason) == expected


@settings(max_examples=40, deadline=None)
@given(start=st.integers(0, 1), period=st.integers(1, 45), requests=st.integers(1, 200))
@example(start=0, period=6, requests=1)
def test_constant_light_load_makes_at_most_one_change(start: int, period: int, requests: int) -> None:
    """A request, or some, every so many minutes: no period of them makes the last instance come and go."""
    decisions = light_load([minute % period == 0 for minute in range(150)], requests, start)

    assert len(changes(decisions)) <= 1


@settings(max_examples=40, deadline=None)
@given(start=st.integers(0, 1), gaps=st.lists(st.integers(1, 25), min_size=1, max_size=12))
def test_load_that_is_never_away_for_long_makes_at_most_one_change(start: int, gaps: list[int]) -> None:
    """However irregular: what was kept once is kept while somebody asks now and then."""
    asked = [minute == gap - 1 for gap in gaps for minute in range(gap)]

    assert len(changes(light_load(asked, 1, start))) <= 1


def test_a_limit_that_was_learned_holds_up_scaling_in_until_it_has_aged() -> None:
    """Below the number that relieved latency nothing is stopped for six hours."""
    quiet = calm(cpu=0.2, concurrency=1.0, requests_per_s=100.0)
    learned = Limit(11.0, NOON - timedelta(hours=1))

    held = decide(quiet, ReactiveState(20, limit=learned))
    freed = decide(quiet, ReactiveState(20, limit=replace(learned, at=NOON - timedelta(hours=7))))

    assert held.instances == 10  # 100 requests a second, 11 each, and at most a halving
    assert decide(quiet, held.state._replace(changed_at=None)).reason is ScaleReason.STEADY
    assert freed.instances == 10
    assert decide(quiet, freed.state._replace(changed_at=None)).instances == 5
    assert freed.state.limit is None


@settings(max_examples=200, deadline=None)
@given(load=st.floats(0.5, 300), start=st.floats(0.55, 1.9))
def test_constant_load_makes_at_most_one_change(load: float, start: float) -> None:
    """From up to twice or down to half of what is needed.

    Rounded up: two of three may be measured, one of three is saturated and says only that it needs more.
    """
    assert len(changes(Fleet(lambda _: load, ceil(load / 0.6 * start)).run(60))) <= 1


@settings(max_examples=80, deadline=None)
@example(load=3.0, start=1.5, noise=0.03125, pattern=[0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0])
@given(
    load=st.floats(0.5, 300),
    start=st.floats(0.55, 1.9),
    noise=st.floats(0, 0.04),
    pattern=st.lists(st.floats(-1, 1), min_size=7, max_size=7),
)
def test_noise_changes_the_number_one_way_and_then_no_more(
    load: float, start: float, noise: float, pattern: list[float]
) -> None:
    """Noise of up to 4 % never makes it flap: the number goes one way, and rests.

    Where noise straddles the need for one instance more, the way down can have a second step: a window without a spike.
    """
    fleet = Fleet(lambda minute: load * (1 + noise * pattern[minute % 7]), ceil(load / 0.6 * start))
    decisions = fleet.run(120)
    numbers = [decisions[0].previous, *changes(decisions)]

    assert numbers in (sorted(numbers), sorted(numbers, reverse=True))
    assert changes(decisions[60:]) == []


@settings(max_examples=100, deadline=None)
@given(load=st.floats(0.5, 300), start=st.floats(0.55, 1.9), slope=st.floats(0, 200))
def test_latency_that_rises_with_load_is_relieved_one_way(load: float, start: float, slope: float) -> None:
    """Steps against latency and steps to the target go one way: what relieved latency is not taken back."""
    numbers = [max(1, round(load / 0.6 * start))]
    numbers += changes(Fleet(lambda _: load, numbers[0], p99_ms=lambda busy: 20 + slope * busy**4).run(60))

    assert numbers in (sorted(numbers), sorted(numbers, reverse=True))


@settings(max_examples=100, deadline=None)
@given(load=st.floats(0, 300), start=st.integers(0, 1000))
def test_constant_load_is_reached_from_anywhere_in_one_direction(load: float, start: int) -> None:
    """However far off, the number goes one way only, and ends where the load needs it."""
    numbers = [start, *changes(Fleet(lambda _: load, start).run(60))]

    assert numbers in (sorted(numbers), sorted(numbers, reverse=True))
    assert numbers[-1] * 0.7 + 1e-6 >= load
    assert numbers[-1] <= max(1, load / 0.6 + 1) / 0.9


@settings(max_examples=100, deadline=None)
@given(loads=st.lists(st.floats(0, 500), min_size=10, max_size=60), least=st.integers(0, 20), span=st.integers(0, 200))
def test_bounds_are_never_left(loads: list[float], least: int, span: int) -> None:
    """Whatever load does, the demand lies between the bounds."""
    bounds = Bounds(least, least + span)
    decisions = Fleet(lambda minute: loads[minute % len(loads)], least, bounds=bounds).run(60)

    assert all(bounds.least <= decision.instances <= bounds.most for decision in decisions)
