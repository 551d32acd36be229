"""From a request to the read that is carried out: what was asked for, under the serving mode, once it is visible."""

from collections.abc import Callable
from typing import TypeVar

from starlette.requests import Request
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_delay, wait_exponential

from functions.query.requests import QueryRecords, ReadOptions
from shared.domain.serving_mode import ReadWish, apply
from shared.errors import VersionNotVisible
from shared.http import collection_name
from shared.reads.heads import Freshness
from shared.reads.service import Read, Search
from shared.request_context import RequestContext, context_of
from shared.serving.deadline import Deadline, in_thread
from shared.serving.errors import DeadlineExceeded

T = TypeVar("T")


def wish_of(
    request: Request, options: ReadOptions, staleness_s: float, recall: float = 1.0, top_k: int = 1
) -> ReadWish:
    """What is carried out of what was asked for, under the serving mode; `staleness_s` where the caller states none."""
    context = context_of(request.scope)
    stated_s = {"strong": 0.0, "bounded": (options.max_staleness_ms or 0) / 1000}.get(options.consistency)
    asked = ReadWish(recall, top_k, staleness_s if stated_s is None else stated_s, stated_s is not None)
    return apply(context.mode, context.caller.tier, asked)


def read_of(request: Request, options: ReadOptions, wish: ReadWish) -> Read:
    """What of the collection in the path the request may see."""
    return Read(
        collection=collection_name(request),
        freshness=Freshness(
            wish.staleness_s,
            options.least_version(),
            wish.staleness_s if wish.bounded else None,
            may_be_stale=options.consistency == "eventual",
        ),
        whole=options.consistency == "strong",
        include_attributes="attributes" in options.include,
        include_vectors="vector" in options.include,
    )


def search_of(body: QueryRecords, wish: ReadWish) -> Search:
    """What is searched for."""
    single = [body.vector] if body.vector is not None else []
    return Search(
        vectors=body.vectors if body.vectors is not None else single,
        near_id=body.id,
        top_k=wish.top_k,
        recall=wish.recall,
        filter=body.filter,
        field="vectors[{}]" if body.vectors is not None else "vector",
    )


async def until_visible(attempt: Callable[[], T], context: RequestContext, deadline: Deadline) -> T:
    """Repeat a read whose version is still on its way: the write that made it may be committing just now.

    Raises:
        DeadlineExceeded: a store has not answered by then.
        VersionNotVisible: it has, and the version was not there.
    """
    behind: BaseException | None = None

    def sleeps(state: RetryCallState) -> None:
        nonlocal behind
        behind = None if state.outcome is None else state.outcome.exception()
        context.wait_begins()

    retrying = AsyncRetrying(
        retry=retry_if_exception_type(VersionNotVisible),
        stop=stop_after_delay(deadline.remaining_s),
        wait=wait_exponential(multiplier=0.005, max=0.1),
        before_sleep=sleeps,
        reraise=True,
    )
    try:
        return await retrying(in_thread, attempt, deadline)
    except DeadlineExceeded:
        if behind is None:
            raise
        raise behind from None
