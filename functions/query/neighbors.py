"""More like this record, by GET, so that caches between here and the client (L2) can keep the answer.

What such a cache gives is at most `staleness_s + max_age_s + stale_s` behind. The `ETag` is the collection's version,
so asking again costs a look at the head and no search while nothing was written.
"""

from dataclasses import dataclass
from typing import Final, Literal

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.query.answer_cache import AnswerCache
from functions.query.requests import FindNeighbors
from functions.query.responses import describe_damages
from functions.query.searching import Searches
from shared.domain.limits import MAX_ID_BYTES, MAX_STALENESS_MS
from shared.domain.serving_mode import ReadWish, apply, terms
from shared.domain.versions import VersionVector
from shared.errors import FieldProblem, InvalidRequest, shortened
from shared.http import collection_name, json_response, read_parameters
from shared.reads.heads import Freshness
from shared.reads.service import AnswerReads, Read, Search
from shared.request_context import RequestContext, context_of

_TIMEOUT_MS: Final = 5_000


@dataclass(frozen=True)
class CachePolicy:
    """For how long an answer may be given again. `staleness_s` is how far behind the answer itself may be."""

    visibility: Literal["private", "public"]
    max_age_s: int
    stale_s: int
    staleness_s: float

    def header(self, factor: float) -> str:
        """The value of `Cache-Control`; the serving mode may lengthen it by its factor, up to a minute each."""
        max_age_s, stale_s = _lengthened(self.max_age_s, factor), _lengthened(self.stale_s, factor)
        return f"{self.visibility}, max-age={max_age_s}, stale-while-revalidate={stale_s}"


class NeighborRoutes:
    """`GET /v1/collections/{collection}/records/{id}/neighbors`."""

    def __init__(self, reads: AnswerReads, searches: Searches, answers: AnswerCache, policy: CachePolicy) -> None:
        self._reads = reads
        self._searches = searches
        self._answers = answers
        self._policy = policy

    def routes(self) -> list[Route]:
        """As listed for `query` in topology.yaml."""
        return [Route("/v1/collections/{collection}/records/{id}/neighbors", self.neighbors, methods=["GET"])]

    async def neighbors(self, request: Request) -> Response:
        """The nearest records to a stored one, which is not among them; 304 where the caller has them already."""
        asked = read_parameters(request, FindNeighbors)
        context, record_id = context_of(request.scope), _record_id(request)
        wish = apply(context.mode, context.caller.tier, ReadWish(asked.recall, asked.top_k, self._policy.staleness_s))
        read = Read(
            collection_name(request),
            Freshness(wish.staleness_s, VersionVector({})),
            include_attributes=asked.include == "attributes",
            include_vectors=asked.include == "vector",
        )
        known = request.headers.get("If-None-Match")
        if known is not None:
            seen = self._reads.remembered(read)
            if seen is None:
                seen = await run_in_threadpool(self._reads.seen, read)
            current = _etag(seen.collection.uid, str(seen.version), wish)
            self._answers.count("L2", hit=_names(known, current))
            if _names(known, current):
                context.notes["cache"] = "caller"
                return Response(status_code=304, headers=self._headers(context, current))
        search = Search([], record_id, wish.top_k, wish.recall)
        found = await self._searches.answer(read, search, context, _TIMEOUT_MS)
        context.notes["cache"] = found.source
        damages = describe_damages(found.opened) if found.opened else {}
        body = {
            "matches": orjson.Fragment(found.kept.matches[0]),
            "version": found.version,
            "method": found.kept.method,
            "recall_target": wish.recall,
            **({"top_k": wish.top_k} if wish.top_k < asked.top_k else {}),
            "serving_mode": context.mode.label,
            **damages,
        }
        if damages:  # what is damaged may be whole again at any moment
            return json_response(body, headers={"Cache-Control": "no-store"})
        return json_response(body, headers=self._headers(context, _etag(found.uid, found.version, wish)))

    def _headers(self, context: RequestContext, etag: str) -> dict[str, str]:
        factor = terms(context.mode, context.caller.tier).staleness_factor
        return {"Cache-Control": self._policy.header(factor), "ETag": etag, "Vary": "Authorization"}


def _lengthened(seconds: int, factor: float) -> int:
    return max(seconds, min(round(seconds * factor), MAX_STALENESS_MS // 1000))


def _record_id(request: Request) -> str:
    record_id: str = request.path_params["id"]
    if not 0 < len(record_id.encode()) <= MAX_ID_BYTES:
        raise InvalidRequest(FieldProblem("id", shortened(record_id), f"1 to {MAX_ID_BYTES} bytes"))
    return record_id


def _etag(uid: str, version: str, wish: ReadWish) -> str:
    """Of the collection's version, and of what the serving mode made of the question."""
    return f'"{uid[:12]}.{version}.{wish.recall:g}.{wish.top_k}"'


def _names(if_none_match: str, etag: str) -> bool:
    """Whether the header names the tag (RFC 9110, section 13.1.2: weakly compared); our tags hold commas."""
    return if_none_match.strip() == "*" or etag in if_none_match
