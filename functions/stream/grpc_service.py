"""`swell.v1.Search` over gRPC: the frames of the WebSocket as messages, and single queries."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Final, NoReturn

import grpc
import orjson
from google.protobuf.json_format import MessageToDict, ParseDict
from pydantic import ValidationError

from functions.stream import search_pb2
from functions.stream.frames import RECONNECT_AFTER_S, Frame, describe
from functions.stream.messages import Ask, Subscribe
from functions.stream.outbox import Ending
from functions.stream.session import Session
from functions.stream.wiring import Stream
from shared.auth.caller import Caller
from shared.auth.errors import MissingScope
from shared.auth.loopback import FORWARDED
from shared.auth.scope import Scope
from shared.domain.limits import MAX_REQUEST_BYTES
from shared.domain.serving_mode import ReadWish, ServingMode, apply, terms
from shared.domain.versions import VersionVector
from shared.errors import SwellError, TransientError
from shared.reads.heads import Freshness
from shared.reads.service import Read, Search
from shared.request_problems import invalid_request
from shared.serving.errors import RateLimited, Shed
from shared.serving.lane import Slot
from shared.serving.priority import priority_of

pb: Any = search_pb2

_STATUS: Final[Mapping[int, grpc.StatusCode]] = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    401: grpc.StatusCode.UNAUTHENTICATED,
    403: grpc.StatusCode.PERMISSION_DENIED,
    404: grpc.StatusCode.NOT_FOUND,
    413: grpc.StatusCode.INVALID_ARGUMENT,
    429: grpc.StatusCode.RESOURCE_EXHAUSTED,
    503: grpc.StatusCode.UNAVAILABLE,
    504: grpc.StatusCode.DEADLINE_EXCEEDED,
}
_ENDINGS: Final[Mapping[Ending, grpc.StatusCode]] = {
    Ending.GOING_AWAY: grpc.StatusCode.UNAVAILABLE,
    Ending.REFUSED: grpc.StatusCode.UNAUTHENTICATED,
    Ending.TRY_AGAIN_LATER: grpc.StatusCode.RESOURCE_EXHAUSTED,
}
_QUERY_RECALL: Final = 0.95


class SearchService:
    """The methods of the service, on the event loop of `stream`."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def handlers(self) -> grpc.GenericRpcHandler:
        """What a server registers."""
        methods = {
            "Watch": grpc.stream_stream_rpc_method_handler(
                self.watch, pb.WatchRequest.FromString, pb.WatchFrame.SerializeToString
            ),
            "Query": grpc.unary_unary_rpc_method_handler(
                self.query, pb.QueryRequest.FromString, pb.QueryAnswer.SerializeToString
            ),
        }
        return grpc.method_handlers_generic_handler("swell.v1.Search", methods)

    async def watch(self, requests: AsyncIterator[Any], context: Any) -> AsyncIterator[Any]:
        """Frames, until one side ends; the status then says why."""
        try:
            session = await self._stream.sessions.open(self._find_caller(context))
        except SwellError as error:
            await _refuse(context, error)
        tasks = [asyncio.create_task(_listen(requests, session)), asyncio.create_task(session.keep())]
        try:
            while (frame := await session.outbox.get()) is not None:
                yield _message(frame)
            ending = session.outbox.ending
            if ending is not None and ending in _ENDINGS:
                context.set_trailing_metadata((("retry-after-s", str(RECONNECT_AFTER_S)),))
                await context.abort(_ENDINGS[ending], ending.name.lower().replace("_", " "))
        finally:
            session.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def query(self, request: Any, context: Any) -> Any:
        """One search, of what is committed now."""
        try:
            caller = await self._find_caller(context)()
            if Scope.READ not in caller.scopes:
                raise MissingScope(Scope.READ)
            mode = await self._stream.sessions.current_mode()
            slot = await self._admit(caller, mode)
        except SwellError as error:
            await _refuse(context, error)
        try:
            ask = ask_of(request.ask, recall=_QUERY_RECALL)
            wish = apply(mode, caller.tier, ReadWish(ask.recall, ask.top_k, 0.0, bounded=True))
            read = Read(
                caller.stored_name(ask.collection),
                Freshness(0.0, VersionVector({})),
                include_attributes="attributes" in ask.include,
            )
            search = Search([ask.vector], None, wish.top_k, wish.recall, ask.filter, field="vector")
            found = await asyncio.to_thread(self._stream.reads.search, read, search)
        except SwellError as error:
            await _refuse(context, error)
        finally:
            slot.leave()
        matches = [ParseDict(describe(match), pb.Match()) for match in found.answer.matches[0]]
        return pb.QueryAnswer(matches=matches, version=str(found.opened.version), method=found.answer.method)

    async def _admit(self, caller: Caller, mode: ServingMode) -> Slot:
        """A place for one query, as over HTTP (`shared.serving.admission`)."""
        gate = self._stream.gate
        try:
            share = terms(mode, caller.tier).admission_share
            if share < 1 and not gate.buckets.let_in(caller, share):
                raise Shed(mode, share)
            wait_s = await gate.buckets.take(caller)
            if wait_s > 0:
                raise RateLimited(gate.buckets.rate_of(caller).per_s, wait_s)
            priority = priority_of(caller.tier, {})
            return gate.reads.enter_now(priority) or await gate.reads.enter(priority)
        except TransientError as refusal:
            gate.refused(refusal.code, caller.tier)
            raise

    def _find_caller(self, context: Any) -> Callable[[], Awaitable[Caller]]:
        metadata = dict(context.invocation_metadata() or ())
        authorization = metadata.get("authorization")
        headers = {} if authorization is None else {b"authorization": str(authorization).encode()}
        scope = {"client": _peer(context.peer())}
        headers |= {name.encode(): b"" for name in metadata if name.encode() in FORWARDED}
        headers[b"host"] = b"127.0.0.1"  # gRPC has no browsers: whom the peer's address says it is decides
        authenticator = self._stream.authenticator

        async def find() -> Caller:
            return await authenticator.caller(scope, headers)

        return find


def ask_of(message: Any, *, recall: float) -> Ask:
    """What a client asks, checked as over HTTP.

    Raises:
        InvalidRequest: it is not allowed; every problem is named.
    """
    told = {
        "collection": message.collection,
        "vector": [float(number) for number in message.vector],
        "top_k": message.top_k if message.HasField("top_k") else 10,
        "recall": message.recall if message.HasField("recall") else recall,
        "filter": MessageToDict(message.filter) if message.HasField("filter") else None,
        "min_score": message.min_score if message.HasField("min_score") else None,
        "include": ["attributes"] if message.include_attributes else [],
        "after": message.after or None,
    }
    try:
        return Ask.model_validate(told)
    except ValidationError as error:
        raise invalid_request(error) from None


async def _listen(requests: AsyncIterator[Any], session: Session) -> None:
    async for request in requests:
        if request.WhichOneof("request") == "unsubscribe":
            session.unsubscribe(request.unsubscribe.subscription)
            continue
        name = request.subscribe.subscription
        try:
            ask = ask_of(request.subscribe.ask, recall=1.0)
            Subscribe.model_validate({**ask.model_dump(), "type": "subscribe", "subscription": name})
        except ValidationError as error:
            session.refuse(invalid_request(error), name)
        except SwellError as error:
            session.refuse(error, name)
        else:
            await session.subscribe(name, ask)
    session.outbox.end(Ending.NORMAL)


def _message(frame: Frame) -> Any:
    told = dict(orjson.loads(orjson.dumps(frame)))
    problem = told.pop("problem", None)
    message = ParseDict(told, pb.WatchFrame(), ignore_unknown_fields=True)
    if problem is not None:
        ParseDict(problem, message.problem, ignore_unknown_fields=True)
    return message


async def _refuse(context: Any, error: SwellError) -> NoReturn:
    await context.abort(_STATUS.get(error.status, grpc.StatusCode.INTERNAL), str(error))
    raise AssertionError  # abort has raised


def _peer(peer: str) -> tuple[str, int] | None:
    """`ipv4:127.0.0.1:1234` as an ASGI scope has it."""
    kind, _, rest = peer.partition(":")
    host, _, port = rest.rpartition(":")
    return (host.strip("[]").replace("%5B", "").replace("%5D", ""), int(port)) if kind in {"ipv4", "ipv6"} else None


async def start_grpc(stream: Stream, host: str, port: int) -> tuple[grpc.aio.Server, int]:
    """Serve on this event loop; the server, and the port that it took. Several processes may share a port."""
    server = grpc.aio.server(
        options=[("grpc.max_receive_message_length", MAX_REQUEST_BYTES), ("grpc.so_reuseport", 1)],
    )
    server.add_generic_rpc_handlers((SearchService(stream).handlers(),))
    taken = server.add_insecure_port(f"{host}:{port}")
    await server.start()
    return server, taken
