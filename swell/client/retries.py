"""Which failed calls are made again, and how long to wait before."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from tenacity import RetryCallState, retry_if_exception, wait_random_exponential

from swell.client.deadline import Deadline
from swell.client.errors import UnavailableError, UnreachableError


@dataclass(frozen=True)
class RetryPolicy:
    """How often a call is tried; waits grow from `first_wait_s` at random, and never undercut Retry-After.

    `budget` is the share of all calls that may be made again in the long run, and `reserve` how many may at once:
    a server that fails for everybody is not asked several times as often for it.
    """

    attempts: int = 5
    first_wait_s: float = 0.2
    longest_wait_s: float = 5.0
    budget: float = 0.1
    reserve: int = 20


NO_RETRIES: Final = RetryPolicy(attempts=1)


class RetryBudget:
    """Each call earns a part of a retry, each retry costs a whole one. Safe to use from several threads."""

    def __init__(self, policy: RetryPolicy) -> None:
        self._policy = policy
        self._left = float(policy.reserve)
        self._lock = threading.Lock()

    def earn(self) -> None:
        """A call begins."""
        with self._lock:
            self._left = min(float(self._policy.reserve), self._left + self._policy.budget)

    def spend(self) -> bool:
        """Whether a call may be made again."""
        with self._lock:
            if self._left < 1:
                return False
            self._left -= 1
            return True


def retry_options(
    policy: RetryPolicy,
    *,
    repeatable: bool,
    budget: RetryBudget,
    deadline: Deadline | None = None,
    is_elsewhere: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """How tenacity runs a call as the policy says; the last error is the one that is raised.

    `repeatable`: having the call's effect twice is the same as once. `is_elsewhere` says whether another region is
    there to be asked at once. No attempt begins that its deadline would end before.
    """
    backoff = wait_random_exponential(multiplier=policy.first_wait_s, max=policy.longest_wait_s)

    def wait_s(attempt: RetryCallState) -> float:
        error = attempt.outcome.exception() if attempt.outcome else None
        if isinstance(error, UnreachableError) and is_elsewhere():
            return 0.0
        asked_s = error.retry_after_s if isinstance(error, UnavailableError) else None
        return max(asked_s or 0.0, backoff(attempt))

    def is_over(attempt: RetryCallState) -> bool:
        if attempt.attempt_number >= policy.attempts:
            return True
        if deadline is not None and attempt.upcoming_sleep >= deadline.left_s():
            return True
        return not budget.spend()

    return {
        "retry": retry_if_exception(lambda error: _is_safe(error, repeatable=repeatable)),
        "stop": is_over,
        "wait": wait_s,
        "reraise": True,
    }


def _is_safe(error: BaseException, *, repeatable: bool) -> bool:
    """A request that never left is always safe to make; any other only if its effect may happen twice."""
    if isinstance(error, UnreachableError):
        return not error.sent or repeatable
    return isinstance(error, UnavailableError) and error.retry_after_s is not None and repeatable
