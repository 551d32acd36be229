"""The payloads of accepted mutations: in the message, or in an object that it refers to."""

import hashlib
from collections.abc import Sequence

import orjson
from pydantic import ValidationError

from shared.errors import MalformedEvent
from shared.events.mutations import Mutations, MutationsAcceptedV1
from shared.ports.objects import ObjectNotFound, ObjectStore


class PayloadMissing(MalformedEvent):
    """The object that an event refers to does not exist: collected with its committed event, or never stored."""

    code = "payload_missing"


def read_payload(stores: Sequence[ObjectStore], event: MutationsAcceptedV1) -> Mutations:
    """What an event changes; it was stored in the region that accepted it, which need not be the home any more.

    Raises:
        PayloadMissing: the object that it refers to does not exist.
        MalformedEvent: the payload is not what the event says.
    """
    if event.inline is not None:
        return event.inline
    assert event.reference is not None  # noqa: S101 - the contract says one of the two
    content = _found(stores, event.reference.name)
    if hashlib.sha256(content).hexdigest() != event.reference.sha256:
        raise MalformedEvent(f"payload {event.reference.name} does not match its checksum")
    try:
        return Mutations.model_validate(orjson.loads(content))
    except (ValidationError, orjson.JSONDecodeError) as error:
        raise MalformedEvent(f"payload {event.reference.name}: {error}") from error


def _found(stores: Sequence[ObjectStore], name: str) -> bytes:
    for store in stores:
        try:
            return store.read(name)
        except ObjectNotFound:
            continue
    raise PayloadMissing(f"payload {name} is missing")
