"""Which failed calls are made again, and how long to wait before."""

from dataclasses import dataclass
from typing import Final

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from swell.client.errors import UnavailableError, UnreachableError


@dataclass(frozen=True)
class RetryPolicy:
    """How often a call is tried; waits grow from `first_wait_s` at random, and never undercut Retry-After."""

    attempts: int = 5
    first_wait_s: float = 0.2
    longest_wait_s: float = 5.0


NO_RETRIES: Final = RetryPolicy(attempts=1)


def retrying(policy: RetryPolicy, *, repeatable: bool) -> Retrying:
    """Runs a call as the policy says; the last error is the one that is raised.

    `repeatable`: having the call's effect twice is the same as once.
    """
    backoff = wait_random_exponential(multiplier=policy.first_wait_s, max=policy.longest_wait_s)

    def wait_s(attempt: RetryCallState) -> float:
        error = attempt.outcome.exception() if attempt.outcome else None
        asked_s = error.retry_after_s if isinstance(error, UnavailableError) else None
        return max(asked_s or 0.0, backoff(attempt))

    return Retrying(
        retry=retry_if_exception(lambda error: _is_safe(error, repeatable=repeatable)),
        stop=stop_after_attempt(policy.attempts),
        wait=wait_s,
        reraise=True,
    )


def _is_safe(error: BaseException, *, repeatable: bool) -> bool:
    """A request that never left is always safe to make; any other only if its effect may happen twice."""
    if isinstance(error, UnreachableError):
        return not error.sent or repeatable
    return isinstance(error, UnavailableError) and error.retry_after_s is not None and repeatable
