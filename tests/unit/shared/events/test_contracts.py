"""Event contracts: all registered, their published form current, and old messages still read."""

import hashlib
import importlib
import json
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

import shared.events
from shared.events.codec import from_message, to_message
from shared.events.event import Event
from shared.events.registry import EVENTS
from swell.deploy.event_contracts import DOCUMENT, SCHEMAS, contract_files, data_schema

GOLDEN = Path(__file__).parents[3] / "golden" / "events"
MESSAGES = sorted(GOLDEN.glob("*.json"))


def _contracts(base: type[Event] = Event) -> Iterator[type[Event]]:
    for contract in base.__subclasses__():
        if hasattr(contract, "type"):
            yield contract
        yield from _contracts(contract)


def _message(path: Path) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return message


def test_every_contract_is_registered_under_its_type() -> None:
    """A class that is not in the registry could be published, but never read."""
    for module in pkgutil.iter_modules(shared.events.__path__):
        importlib.import_module(f"shared.events.{module.name}")

    assert {contract.type: contract for contract in _contracts()} == EVENTS


def test_generated_files_are_current() -> None:
    """`python -m swell.deploy.event_contracts` would change nothing."""
    wanted = contract_files()

    assert {path: path.read_text(encoding="utf-8") for path in wanted} == wanted
    assert {*SCHEMAS.glob("*.json"), DOCUMENT} == set(wanted)


@pytest.mark.parametrize("path", MESSAGES, ids=[path.stem for path in MESSAGES])
def test_todays_classes_read_every_message_ever_published(path: Path) -> None:
    """A golden message parses, and says again all that it said."""
    message = _message(path)

    event = from_message(orjson.dumps(message["data"]), message["attributes"])
    again = to_message(event)

    assert message["attributes"].items() <= again.attributes.items()
    assert message["data"] == _only(message["data"], orjson.loads(again.data))


@pytest.mark.parametrize("path", MESSAGES, ids=[path.stem for path in MESSAGES])
def test_schemas_describe_the_messages(path: Path) -> None:
    """What producers publish fits the published schema of its type."""
    message = _message(path)

    schema = data_schema(EVENTS[message["attributes"]["ce-type"]])

    assert [] == list(Draft202012Validator(schema).iter_errors(message["data"]))


def test_every_type_has_a_golden_message() -> None:
    """A contract without one could be broken unnoticed."""
    assert set(EVENTS) == {_message(path)["attributes"]["ce-type"] for path in MESSAGES}


def test_golden_messages_are_only_ever_added() -> None:
    """A golden message that changed no longer proves that old messages are read: add a new file instead."""
    found = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}" for path in MESSAGES]

    assert found == (GOLDEN / "SHA256SUMS").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("path", MESSAGES, ids=[path.stem for path in MESSAGES])
def test_consumers_ignore_what_they_do_not_know(path: Path) -> None:
    """A field that a later release adds does not stop this one."""
    message = _message(path)
    later = {**message["data"], "of_a_later_release": 1}

    event = from_message(orjson.dumps(later), message["attributes"])

    assert event == from_message(orjson.dumps(message["data"]), message["attributes"])


def _only(wanted: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """What was found, without fields with defaults that the message does not have."""
    return {
        name: _only(wanted[name], value) if isinstance(value, dict) else value
        for name, value in found.items()
        if name in wanted
    }
