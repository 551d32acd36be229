"""Progressive answers as Server-Sent Events: one that is quick, then the one that was asked for, then `done`.

Source: the HTML standard, section 9.2 (server-sent events).
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

import orjson
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from functions.query.reading import read_of, search_of, until_visible, wish_of
from functions.query.requests import QueryRecords
from functions.query.responses import describe_damages, describe_match
from shared.errors import SwellError
from shared.http import problem_document, read_body
from shared.reads.service import AnswerReads, Found, Search
from shared.request_context import context_of
from shared.serving.errors import DeadlineExceeded
from shared.serving.stream_terms import admit_stream

_QUICK_RECALL: Final = 0.5
"""What the first answer aims for: the planner then takes whatever is cheapest, and says what it expects of it."""
_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class ProgressiveRoutes:
    """`POST /v1/collections/{collection}/stream`: the body of a query, its answer in events.

    What is wrong before the first answer is an ordinary error answer; after it, an `error` event.
    """

    def __init__(
        self, reads: AnswerReads, staleness_s: float, *, monotonic_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._reads = reads
        self._staleness_s = staleness_s
        self._monotonic_s = monotonic_s

    def routes(self) -> list[Route]:
        """As listed for `query` in topology.yaml."""
        return [Route("/v1/collections/{collection}/stream", self.stream, methods=["POST"])]

    async def stream(self, request: Request) -> Response:
        """Answer with a stream of events."""
        started_s = self._monotonic_s()
        context = context_of(request.scope)
        admit_stream(context.mode, context.caller.tier)
        body = await read_body(request, QueryRecords)
        wish = wish_of(request, body, self._staleness_s, body.recall, body.top_k)
        read, search = read_of(request, body, wish), search_of(body, wish)
        quick = replace(search, recall=min(search.recall, _QUICK_RECALL))
        deadline = context.deadline(body.timeout_ms)
        first = await until_visible(lambda: self._reads.search(read, quick), context, deadline)
        described = _Described(body, search, context.mode.label)

        async def events() -> AsyncIterator[bytes]:
            yield _event("answer", described(first, "quick"), number=1)
            answers = 1
            if first.answer.recall_expected < search.recall:
                left_s = body.timeout_ms / 1000 - (self._monotonic_s() - started_s)
                try:
                    async with asyncio.timeout(left_s):
                        # In what the quick answer was read from: the two are of one version.
                        refined = await to_thread.run_sync(
                            partial(self._reads.search, read, search, first.opened), abandon_on_cancel=True
                        )
                except TimeoutError:
                    yield _event("error", problem_document(DeadlineExceeded(f"not within {body.timeout_ms} ms")))
                    return
                except SwellError as error:
                    yield _event("error", problem_document(error))
                    return
                answers += 1
                yield _event("answer", {**described(refined, "refined"), "replaces": "1"}, number=answers)
            took_ms = round((self._monotonic_s() - started_s) * 1000, 3)
            yield _event("done", {"answer": str(answers), "took_ms": took_ms})

        return StreamingResponse(events(), headers=_HEADERS, media_type="text/event-stream")


class _Described:
    """Answers to one request as a query describes them."""

    def __init__(self, body: QueryRecords, search: Search, serving_mode: str) -> None:
        self._many = body.vectors is not None
        self._search = search
        self._serving_mode = serving_mode

    def __call__(self, found: Found, stage: str) -> dict[str, Any]:
        results = [{"matches": [describe_match(match) for match in matches]} for matches in found.answer.matches]
        return {
            "stage": stage,
            **({"results": results} if self._many else results[0]),
            "version": str(found.opened.version),
            "method": found.answer.method,
            "recall_target": self._search.recall,
            "recall_expected": found.answer.recall_expected,
            "serving_mode": self._serving_mode,
            **describe_damages(found.opened),
        }


def _event(name: str, data: Mapping[str, Any], number: int | None = None) -> bytes:
    numbered = b"" if number is None else b"id: %d\n" % number
    return b"%sevent: %s\ndata: %s\n\n" % (numbered, name.encode(), orjson.dumps(data))
