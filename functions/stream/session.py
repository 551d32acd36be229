"""One client's connection, whatever the transport: its subscriptions, its limits, its end."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from functions.stream.following import Following, Subscription
from functions.stream.frames import ended_frame, error_frame, heartbeat_frame, shutdown_frame
from functions.stream.key_limits import KeyLimits
from functions.stream.messages import Ask, Authenticate, Ping, Subscribe, Unsubscribe, parse_message, parse_token
from functions.stream.outbox import Ending, Outbox
from shared.auth.caller import Caller
from shared.auth.errors import MissingScope, Unauthenticated
from shared.auth.scope import Scope
from shared.domain.serving_mode import ReadWish, ServingMode, Streams, apply, terms
from shared.errors import FieldProblem, InvalidRequest, SwellError, TransientError, shortened
from shared.serving.errors import StreamsHeld
from shared.serving.stream_terms import admit_stream

_HEARD_WITHIN_S: Final = 4.0

FindCaller = Callable[[], Awaitable[Caller]]
"""Finds the caller of a connection, each time anew: a key may be revoked while it is open."""


@dataclass(frozen=True)
class SessionOptions:
    """What all connections have in common."""

    heartbeat_s: float
    outbox_frames: int


class Sessions:
    """All connections of this instance."""

    def __init__(
        self,
        following: Following,
        limits: KeyLimits,
        current_mode: Callable[[], Awaitable[ServingMode]],
        options: SessionOptions,
    ) -> None:
        self.following = following
        self.limits = limits
        self.current_mode = current_mode
        self.options = options
        self._open: set[Session] = set()
        self._all_closed = asyncio.Event()
        self._all_closed.set()
        self._is_closing = False

    async def open(self, find_caller: FindCaller) -> "Session":
        """A new connection.

        Raises:
            Unauthenticated, MissingScope: the caller may not read.
            StreamsHeld: the serving mode takes no new streams.
            TooManyStreams: the key has enough of them.
            TransientError: this instance is about to end.
        """
        caller = await find_caller()
        if Scope.READ not in caller.scopes:
            raise MissingScope(Scope.READ)
        admit_stream(await self.current_mode(), caller.tier)
        if self._is_closing:
            raise TransientError("this instance is about to end; another one will answer")
        self.limits.connect(caller.key_id)
        session = Session(self, caller, find_caller)
        self._open.add(session)
        self._all_closed.clear()
        return session

    def closed(self, session: "Session") -> None:
        """A connection is no more."""
        if session in self._open:
            self._open.discard(session)
            self.limits.disconnect(session.caller.key_id)
        if not self._open:
            self._all_closed.set()

    def tell_shutdown(self) -> None:
        """Every client is told that this instance ends, and no new one is taken."""
        self._is_closing = True
        for session in self._open:
            session.outbox.end(Ending.GOING_AWAY, shutdown_frame())

    async def end(self) -> None:
        """As `tell_shutdown`, and wait until all have heard it, or will not."""
        self.tell_shutdown()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._all_closed.wait(), _HEARD_WITHIN_S)

    async def close(self) -> None:
        """As `tell_shutdown`, and nothing is followed any more."""
        self.tell_shutdown()
        await self.following.close()


class Session:
    """One connection; `outbox` has what its client is to be told."""

    def __init__(self, sessions: Sessions, caller: Caller, find_caller: FindCaller) -> None:
        self.caller = caller
        self.outbox = Outbox(sessions.options.outbox_frames)
        self._sessions = sessions
        self._find_caller = find_caller
        self._subscriptions: dict[str, Subscription] = {}

    async def receive(self, text: str | bytes) -> None:
        """Take a message; what is wrong with it is told."""
        try:
            message = parse_message(text)
        except InvalidRequest as error:
            self.outbox.put(error_frame(error))
            return
        match message:
            case Subscribe():
                await self.subscribe(message.subscription, message)
            case Unsubscribe():
                self.unsubscribe(message.subscription)
            case Ping():
                self.outbox.put(heartbeat_frame())
            case Authenticate():
                pass  # known already

    async def subscribe(self, name: str, ask: Ask) -> None:
        """Begin a standing query; what is wrong with it is told."""
        if name in self._subscriptions:
            taken = InvalidRequest(FieldProblem("subscription", shortened(name), "a name that is not in use"))
            self.outbox.put(error_frame(taken))
            return
        mode = await self._sessions.current_mode()
        try:
            admit_stream(mode, self.caller.tier)
            if ask.after is not None:
                parse_token(ask.after)
            self._sessions.limits.subscribe(self.caller.key_id)
        except SwellError as error:
            self.outbox.put(error_frame(error, name))
            return
        wish = apply(mode, self.caller.tier, ReadWish(ask.recall, ask.top_k, 0.0, bounded=True))
        subscription = Subscription(name, ask, wish.recall, wish.top_k, self.outbox, self._ended)
        self._subscriptions[name] = subscription
        self.outbox.subscriptions += 1
        self._sessions.following.add(self.caller.stored_name(ask.collection), subscription)

    def refuse(self, error: SwellError, name: str) -> None:
        """Tell that a subscription cannot be."""
        self.outbox.put(error_frame(error, name))

    def unsubscribe(self, name: str) -> None:
        """End a standing query; one that is not there has ended already."""
        subscription = self._subscriptions.get(name)
        if subscription is not None:
            self._ended(subscription)
        self.outbox.put(ended_frame(name))

    def _ended(self, subscription: Subscription) -> None:
        subscription.is_active = False
        if self._subscriptions.pop(subscription.id, None) is not None:
            self.outbox.subscriptions -= 1
            self._sessions.limits.unsubscribe(self.caller.key_id)

    async def keep(self) -> None:
        """Until the end: heartbeats, and a look whether the caller may still be here."""
        while self.outbox.ending is None:
            await asyncio.sleep(self._sessions.options.heartbeat_s)
            try:
                await self._find_caller()
                mode = await self._sessions.current_mode()
                if terms(mode, self.caller.tier).streams is Streams.CLOSED:
                    raise StreamsHeld(mode)  # noqa: TRY301 - told as the other refusals
            except Unauthenticated as error:
                self.outbox.end(Ending.REFUSED, error_frame(error))
            except StreamsHeld as error:
                self.outbox.end(Ending.TRY_AGAIN_LATER, error_frame(error))
            except TransientError:
                self.outbox.put(heartbeat_frame())  # keys cannot be looked at: what was believed goes on
            else:
                self.outbox.put(heartbeat_frame())

    def close(self) -> None:
        """Nobody listens any more."""
        for subscription in list(self._subscriptions.values()):
            self._ended(subscription)
        self.outbox.end(Ending.NORMAL)
        self._sessions.closed(self)
