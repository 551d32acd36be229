"""The edge of every event function: parse, dispatch, log one line, acknowledge or raise.

Returning acknowledges. A permanent error parks the message in the dead-letter topic and acknowledges.
Anything else escapes, so that Pub/Sub redelivers, at most as often as the subscription allows.
"""

import base64
import binascii
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from shared import tracing
from shared.errors import MalformedEvent, PermanentError
from shared.events.codec import from_message
from shared.events.event import Event, Tick
from shared.events.registry import EVENTS
from shared.foreign_messages import PUBLISHED_AT, PUBLISHED_ID, ForeignContract
from shared.metrics import Counter, Histogram
from shared.outcomes import Outcome
from shared.ports.clock import Clock
from shared.ports.publisher import Message, Publisher
from shared.telemetry import log
from shared.trace_context import EVENT_TRACEPARENT

DELIVERIES: Final = Counter(
    "swell_deliveries_total", "Events taken, by what became of them", ("function", "event_type", "outcome")
)
DELIVERY_DURATION: Final = Histogram(
    "swell_delivery_duration_seconds", "Time from a delivery to its acknowledgement", ("function", "event_type")
)

Handler = Callable[[Any], Outcome]

_NO_ENVELOPE: Final[Mapping[str, str]] = {}


class Consumer:
    """Takes the deliveries of one function.

    `dead_letter_topics` names, for each topic that the function subscribes to, where its dead letters go. `foreign`:
    what it takes that is no event of ours.
    """

    def __init__(
        self,
        function: str,
        handlers: Mapping[type[Event], Handler],
        *,
        publisher: Publisher,
        dead_letter_topics: Mapping[str, str],
        clock: Clock,
        foreign: Sequence[ForeignContract] = (),
    ) -> None:
        self._function = function
        self._handlers = handlers
        self._publisher = publisher
        self._dead_letter_topics = dead_letter_topics
        self._clock = clock
        self._foreign = foreign

    def consume_push(self, push: Any) -> Outcome:
        """Take the data of a Pub/Sub push (`messagePublished`) CloudEvent, if it is one of our own subscriptions'."""
        from shared.auth.push_request import require_own_push  # noqa: PLC0415 - Flask; embedded there is none

        require_own_push()
        try:
            message = push["message"]
            data = base64.b64decode(message.get("data") or "", validate=True)
            attributes = message.get("attributes") or {}
            envelope = {PUBLISHED_ID: message.get("messageId", ""), PUBLISHED_AT: message.get("publishTime", "")}
        except (TypeError, KeyError, AttributeError, binascii.Error) as error:
            log(
                "ERROR",
                "delivery",
                function=self._function,
                outcome=Outcome.PARKED,
                reason=f"not a push: {error!r}",
            )
            return Outcome.PARKED
        return self.consume(data, attributes, {name: value for name, value in envelope.items() if value})

    def consume(
        self, data: bytes, attributes: Mapping[str, str], envelope: Mapping[str, str] = _NO_ENVELOPE
    ) -> Outcome:
        """Take one message; `envelope` has what Pub/Sub says of it, for ticks and what is not ours."""
        with tracing.entered(f"{self._function} process", attributes.get(EVENT_TRACEPARENT), "consumer") as span:
            return self._consume(span, data, attributes, envelope)

    def _consume(
        self, span: tracing.Span, data: bytes, attributes: Mapping[str, str], envelope: Mapping[str, str]
    ) -> Outcome:
        started = time.perf_counter()
        outcome, reason = "redeliver", None
        try:
            outcome = self._handle(data, attributes, envelope)
        except PermanentError as error:
            self._park(data, attributes, error)
            outcome, reason = Outcome.PARKED, f"{error.code}: {error}"
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            raise
        finally:
            took_s = time.perf_counter() - started
            foreign = self._foreign_of(attributes)
            event_type = attributes.get("ce-type", "") if foreign is None else foreign.kind
            event_type = event_type if foreign is not None or event_type in EVENTS else "unknown"
            span.note({"swell.function": self._function, "swell.event_type": event_type, "swell.outcome": outcome})
            DELIVERIES.inc(self._function, event_type, outcome)
            DELIVERY_DURATION.observe(took_s, self._function, event_type)
            log(
                "INFO" if reason is None else "ERROR" if outcome == Outcome.PARKED else "WARNING",
                "delivery",
                function=self._function,
                event_type=attributes.get("ce-type") if foreign is None else foreign.kind,
                event_id=attributes.get("ce-id") if foreign is None else envelope.get(PUBLISHED_ID),
                outcome=outcome,
                reason=reason,
                duration_ms=round(took_s * 1000, 2),
            )
        return outcome

    def _handle(self, data: bytes, attributes: Mapping[str, str], envelope: Mapping[str, str]) -> Outcome:
        foreign = self._foreign_of(attributes)
        if foreign is not None:
            return foreign.take(data, attributes, envelope)
        event = from_message(data, attributes, envelope)
        handler = self._handlers.get(type(event))
        if handler is None:
            raise MalformedEvent(f"{self._function} does not take {event.type}")
        if self._clock.now() - event.occurred_at > event.max_age:
            if isinstance(event, Tick):
                return Outcome.EXPIRED
            raise MalformedEvent(f"{event.type} is older than {event.max_age}")
        return handler(event)

    def _foreign_of(self, attributes: Mapping[str, str]) -> ForeignContract | None:
        return next((contract for contract in self._foreign if contract.is_meant(attributes)), None)

    def _park(self, data: bytes, attributes: Mapping[str, str], error: PermanentError) -> None:
        parked = {
            **attributes,
            "swell-parked-by": self._function,
            "swell-parked-reason": f"{error.code}: {error}"[:1000],
        }
        contract = self._foreign_of(attributes) or EVENTS.get(attributes.get("ce-type", ""))
        topics = self._dead_letter_topics
        topic = topics.get(contract.topic if contract else "") or next(iter(topics.values()))
        self._publisher.publish([Message(topic=topic, data=data, attributes=parked)])
