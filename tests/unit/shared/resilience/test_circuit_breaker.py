"""The breaker: when it opens, how it finds out, and that it always heals."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from shared.resilience.circuit_breaker import Admission, BreakerPolicy, BreakerState, CircuitBreaker, CircuitOpen
from tests.fakes.monotonic import ManualSeconds

POLICY = BreakerPolicy(
    window_s=10, min_calls=4, failure_rate=0.5, first_pause_s=1, longest_pause_s=8, probes=2, probe_patience_s=30
)


@pytest.fixture
def clock() -> ManualSeconds:
    """Time at rest."""
    return ManualSeconds()


@pytest.fixture
def breaker(clock: ManualSeconds) -> CircuitBreaker:
    """A closed breaker without jitter: pauses are as long as they can be."""
    return CircuitBreaker("store", POLICY, monotonic_s=clock, share=lambda: 1.0)


def call(breaker: CircuitBreaker, *, succeeded: bool | None) -> None:
    """One whole call."""
    breaker.settle(breaker.admit(), succeeded=succeeded)


def opened(breaker: CircuitBreaker) -> CircuitBreaker:
    """The breaker after as many failures as it takes."""
    for _ in range(POLICY.min_calls):
        call(breaker, succeeded=False)
    return breaker


def test_few_failures_open_nothing(breaker: CircuitBreaker) -> None:
    """One failure of one call is a rate of 1, and says nothing."""
    for _ in range(POLICY.min_calls - 1):
        call(breaker, succeeded=False)

    assert BreakerState.CLOSED is breaker.state


def hang(breaker: CircuitBreaker, clock: ManualSeconds, seconds: float, *, succeeded: bool | None = False) -> None:
    """A call that takes its time."""
    admission = breaker.admit()
    clock.advance(seconds)
    breaker.settle(admission, succeeded=succeeded)


def test_a_quiet_service_opens_after_a_few_calls_that_hang(breaker: CircuitBreaker, clock: ManualSeconds) -> None:
    """So few calls never end within the window; each of them kept somebody waiting."""
    for _ in range(POLICY.hangs):
        before = breaker.state
        hang(breaker, clock, POLICY.window_s + 1)
        clock.advance(600)

    assert [BreakerState.CLOSED, BreakerState.OPEN] == [before, breaker.state]


@pytest.mark.parametrize("between", ["a success", "a quick failure"])
def test_calls_that_hang_must_be_in_a_row(breaker: CircuitBreaker, clock: ManualSeconds, between: str) -> None:
    """One that is answered shows that it is not away; one that fails at once is left to the window."""
    for _ in range(POLICY.hangs - 1):
        hang(breaker, clock, POLICY.hang_s)
    hang(breaker, clock, 0.1, succeeded=between == "a success")
    quick = breaker.state
    hang(breaker, clock, POLICY.hang_s)

    assert quick is BreakerState.CLOSED
    assert breaker.state is (BreakerState.CLOSED if between == "a success" else BreakerState.OPEN)


@pytest.mark.parametrize(
    ("failures", "state"), [(9, BreakerState.CLOSED), (10, BreakerState.OPEN)], ids=["below the rate", "at the rate"]
)
def test_the_share_of_failures_opens(breaker: CircuitBreaker, failures: int, state: BreakerState) -> None:
    """However many calls succeed as well."""
    for _ in range(10):
        call(breaker, succeeded=True)
    for _ in range(failures):
        call(breaker, succeeded=False)

    assert state is breaker.state


def test_old_calls_count_no_more(breaker: CircuitBreaker, clock: ManualSeconds) -> None:
    """A thousand successes of a minute ago do not hide that nothing answers now."""
    for _ in range(1000):
        call(breaker, succeeded=True)
    clock.advance(POLICY.window_s)

    opened(breaker)

    assert BreakerState.OPEN is breaker.state


def test_while_open_calls_are_refused_with_the_time_to_ask_again(breaker: CircuitBreaker, clock: ManualSeconds) -> None:
    """The refusal is a `DependencyUnavailable` that says when."""
    opened(breaker)
    clock.advance(0.4)

    with pytest.raises(CircuitOpen, match="store does not answer") as refused:
        breaker.admit()

    assert 0.6 == pytest.approx(refused.value.retry_after_s)
    assert {"Retry-After": "1"} == refused.value.headers


def test_after_the_pause_few_probes_pass_and_their_success_closes(
    breaker: CircuitBreaker, clock: ManualSeconds
) -> None:
    """No more at once than the policy says; the others are refused meanwhile."""
    opened(breaker)
    clock.advance(1)
    probes = [breaker.admit() for _ in range(POLICY.probes)]
    with pytest.raises(CircuitOpen):
        breaker.admit()

    states = []
    for probe in probes:
        breaker.settle(probe, succeeded=True)
        states.append(breaker.state)

    assert [BreakerState.HALF_OPEN, BreakerState.CLOSED] == states


def test_a_failed_probe_opens_for_longer_each_time(breaker: CircuitBreaker, clock: ManualSeconds) -> None:
    """1, 2, 4, 8 s and no more; one success in between changes nothing, closing starts over."""
    opened(breaker)
    pauses = []
    for _ in range(6):
        with pytest.raises(CircuitOpen) as refused:
            breaker.admit()
        pauses.append(refused.value.retry_after_s)
        clock.advance(refused.value.retry_after_s)
        call(breaker, succeeded=True)
        call(breaker, succeeded=False)

    assert [1, 2, 4, 8, 8, 8] == pauses


def test_pauses_are_drawn_from_their_upper_half(clock: ManualSeconds) -> None:
    """Instances that opened together do not come back together."""
    pauses = []
    for share in (0.0, 0.5, 1.0):
        breaker = opened(CircuitBreaker("store", POLICY, monotonic_s=clock, share=lambda share=share: share))  # type: ignore[misc]
        with pytest.raises(CircuitOpen) as refused:
            breaker.admit()
        pauses.append(refused.value.retry_after_s)

    assert [0.5, 0.75, 1.0] == pauses


def test_probes_that_never_end_count_as_failed(breaker: CircuitBreaker, clock: ManualSeconds) -> None:
    """A thread that hangs in a call does not keep the breaker half-open for ever."""
    opened(breaker)
    clock.advance(1)
    for _ in range(POLICY.probes):
        breaker.admit()

    clock.advance(POLICY.probe_patience_s + 1)
    with pytest.raises(CircuitOpen):
        breaker.admit()

    assert BreakerState.OPEN is breaker.state


def test_an_end_that_says_nothing_frees_the_probe(breaker: CircuitBreaker, clock: ManualSeconds) -> None:
    """A defect of ours, or a caller that went away, neither opens nor closes."""
    opened(breaker)
    clock.advance(1)

    for _ in range(10):
        call(breaker, succeeded=None)

    assert BreakerState.HALF_OPEN is breaker.state


def test_calls_of_an_earlier_state_say_nothing_of_this_one(breaker: CircuitBreaker, clock: ManualSeconds) -> None:
    """What was asked before the outage and fails after it does not open again; what succeeds late closes nothing."""
    late = [breaker.admit() for _ in range(5)]
    opened(breaker)
    clock.advance(1)
    call(breaker, succeeded=True)
    breaker.settle(late[0], succeeded=True)
    half_open = breaker.state
    call(breaker, succeeded=True)
    for admission in late[1:]:
        breaker.settle(admission, succeeded=False)

    assert (BreakerState.HALF_OPEN, BreakerState.CLOSED) == (half_open, breaker.state)


def test_every_change_is_told_in_order(clock: ManualSeconds) -> None:
    """Logs and metrics follow it."""
    told: list[BreakerState] = []
    breaker = opened(CircuitBreaker("store", POLICY, monotonic_s=clock, share=lambda: 1.0, on_change=told.append))
    clock.advance(1)
    for _ in range(POLICY.probes):
        call(breaker, succeeded=True)

    assert [BreakerState.OPEN, BreakerState.HALF_OPEN, BreakerState.CLOSED] == told


def test_threads_never_probe_together_beyond_the_limit(clock: ManualSeconds) -> None:
    """Many threads ask at the moment the pause ends; as many pass as may."""
    breaker = opened(CircuitBreaker("store", POLICY, monotonic_s=clock, share=lambda: 1.0))
    clock.advance(1)
    together = threading.Barrier(16)

    def ask(_: int) -> bool:
        together.wait(30)
        try:
            breaker.admit()
        except CircuitOpen:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        passed = sum(pool.map(ask, range(16)))

    assert POLICY.probes == passed


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([True, False, None]), st.floats(0, 5)), max_size=60), st.floats(0, 1))
def test_whatever_happened_an_answering_dependency_is_served_again(
    history: list[tuple[bool | None, float]], share: float
) -> None:
    """From any history, the longest pause and a few probes later it is closed."""
    clock = ManualSeconds()
    breaker = CircuitBreaker("store", POLICY, monotonic_s=clock, share=lambda: share)
    for succeeded, pause_s in history:
        clock.advance(pause_s)
        with suppress(CircuitOpen):
            call(breaker, succeeded=succeeded)

    clock.advance(POLICY.longest_pause_s)
    for _ in range(POLICY.probes):
        call(breaker, succeeded=True)

    assert BreakerState.CLOSED is breaker.state


class Traffic(RuleBasedStateMachine):
    """Calls that overlap, beside a model that remembers them all."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualSeconds()
        self.breaker = CircuitBreaker(
            "store", POLICY, monotonic_s=self.clock, share=lambda: 1.0, on_change=self.changed
        )
        self.under_way: list[tuple[Admission, BreakerState]] = []
        self.ended: list[tuple[float, bool]] = []
        self.epoch = self.hung = 0
        self.opened_at_s = 0.0
        self.last_failed = False
        self.breaker_was = BreakerState.CLOSED

    def changed(self, state: BreakerState) -> None:
        """An opening must have its reason."""
        if state is BreakerState.OPEN:
            assert self.last_failed
            self.opened_at_s = self.clock()
            if self.breaker_was is BreakerState.CLOSED and self.hung < POLICY.hangs:
                recent = [ok for at_s, ok in self.ended if at_s >= self.clock() - POLICY.window_s]
                assert len(recent) + 1 >= POLICY.min_calls
                assert recent.count(False) + 1 >= POLICY.failure_rate * POLICY.min_calls
        self.breaker_was = state
        self.ended = []
        self.epoch += 1
        self.hung = 0

    @rule()
    def call(self) -> None:
        """Ask; refused only for a reason."""
        before = self.breaker.state
        probing = sum(state is BreakerState.HALF_OPEN for _, state in self.under_way)
        try:
            admission = self.breaker.admit()
        except CircuitOpen:
            waiting = before is BreakerState.OPEN and self.clock() - self.opened_at_s < POLICY.longest_pause_s
            assert waiting or probing >= POLICY.probes
        else:
            self.under_way.append((admission, self.breaker.state))

    @precondition(lambda self: self.under_way)
    @rule(succeeded=st.booleans(), place=st.integers(0, 1000))
    def settle(self, *, succeeded: bool, place: int) -> None:
        """One of the calls ends."""
        admission, _ = self.under_way.pop(place % len(self.under_way))
        before = self.breaker.state
        self.last_failed = not succeeded
        if admission.epoch == self.epoch:
            hung = self.clock() - admission.at_s >= POLICY.hang_s
            self.hung = 0 if succeeded else self.hung + hung
        self.breaker.settle(admission, succeeded=succeeded)
        if before is BreakerState.CLOSED and self.breaker.state is BreakerState.CLOSED:
            self.ended.append((self.clock(), succeeded))

    @rule(by_s=st.floats(0, 4))
    def wait(self, by_s: float) -> None:
        """Time passes."""
        self.clock.advance(by_s)

    @invariant()
    def few_probes(self) -> None:
        """Of one half-open state, no more calls are under way than may be."""
        epochs = [admission.epoch for admission, state in self.under_way if state is BreakerState.HALF_OPEN]
        assert all(epochs.count(epoch) <= POLICY.probes for epoch in set(epochs))


Traffic.TestCase.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
TestTraffic = Traffic.TestCase
