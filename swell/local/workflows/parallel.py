"""Branches and iterations side by side: the step ends when all have ended, whatever happened to one of them."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final

from swell.local.workflows.expressions.operators import type_name
from swell.local.workflows.failure import Raised, failure
from swell.local.workflows.limits import MAX_CONCURRENT

_MAX_ERRORS: Final = 100


def run_side_by_side(branches: Mapping[str, Callable[[], None]], concurrency_limit: Any) -> None:
    """Run all branches, at most `concurrency_limit` at once.

    Raises:
        Raised: UnhandledBranchError with the error of each branch that did not catch its own; TypeError or ValueError
            for a limit that is none.
        Cancelled: the execution was cancelled.
        Interrupted: this process ends.
    """
    if not branches:
        return
    workers = min(_checked(concurrency_limit), len(branches))
    with ThreadPoolExecutor(workers, thread_name_prefix="swell-branch") as pool:
        futures = {name: pool.submit(branch) for name, branch in branches.items()}
    errors = [{"id": name, "error": error} for name, future in futures.items() if (error := _error(future)) is not None]
    if errors:
        raise Raised(
            {
                "tags": ["UnhandledBranchError", "RuntimeError"],
                "message": "One or more branches or iterations encountered an unhandled runtime error",
                "branches": errors[:_MAX_ERRORS],
                "truncated": len(errors) > _MAX_ERRORS,
            }
        )


def _checked(limit: Any) -> int:
    if limit is None:
        return MAX_CONCURRENT
    if type_name(limit) != "integer":
        raise failure("TypeError", f"concurrency_limit takes an integer, got {type_name(limit)}")
    if limit < 1:
        raise failure("ValueError", f"concurrency_limit is positive, got {limit}")
    return min(int(limit), MAX_CONCURRENT)


def _error(future: "Future[None]") -> dict[str, Any] | None:
    """What the branch raised, as the documentation shows it: the payload, and a context for people."""
    error = future.exception()
    if error is None:
        return None
    if not isinstance(error, Raised):
        raise error
    return {"payload": error.payload, "context": f"RuntimeError: {error.payload}"}
