"""Ticks: what schedules publish is an event, also as Cloud Scheduler publishes it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from shared.entrypoint import Consumer
from shared.errors import MalformedEvent
from shared.events.codec import from_message
from shared.events.event import Tick
from shared.events.index import SweepDueV1
from shared.events.mutations import MutationsAcceptedV1
from shared.events.registry import EVENTS
from shared.outcomes import Outcome
from shared.topology import load_topology
from tests.fakes.clock import FrozenClock
from tests.fakes.publisher import RecordingPublisher

_CONSTANT = {"ce-specversion": "1.0", "ce-type": SweepDueV1.type, "ce-source": SweepDueV1.source}


def _push(attributes: dict[str, str], published_at: datetime) -> dict[str, Any]:
    message = {"data": "e30=", "attributes": attributes, "messageId": "17", "publishTime": published_at.isoformat()}
    return {"message": message, "subscription": "s"}


def _consumer(clock: FrozenClock, publisher: RecordingPublisher, taken: list[SweepDueV1]) -> Consumer:
    def take(event: SweepDueV1) -> Outcome:
        taken.append(event)
        return Outcome.DONE

    return Consumer(
        "index_update", {SweepDueV1: take}, publisher=publisher, dead_letter_topics={"sweeps": "dead"}, clock=clock
    )


def test_every_schedule_publishes_a_tick_of_its_topic() -> None:
    """Type, topic and body in topology.yaml are those of a contract."""
    for name, schedule in load_topology().schedules.items():
        contract = EVENTS[schedule.event]
        assert issubclass(contract, Tick)
        assert (schedule.topic, f"//swell.dev/schedules/{name}") == (contract.topic, contract.source)
        now = datetime(2026, 6, 1, tzinfo=UTC).isoformat()
        from_message(orjson.dumps(schedule.body), {"ce-type": schedule.event, "ce-id": "1", "ce-time": now})


def test_a_tick_without_identity_and_time_has_those_of_its_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cloud Scheduler's attributes are the same every time."""
    monkeypatch.setattr("shared.auth.push_request.require_own_push", lambda: None)
    clock, taken = FrozenClock(), list[SweepDueV1]()
    published_at = clock.now() - timedelta(minutes=1)

    outcome = _consumer(clock, RecordingPublisher(), taken).consume_push(_push(_CONSTANT, published_at))

    assert Outcome.DONE == outcome
    assert [("17", published_at)] == [(event.event_id, event.occurred_at) for event in taken]


def test_an_old_tick_is_dropped() -> None:
    """It is neither handled, as a later one was, nor kept with the dead letters."""
    clock, publisher, taken = FrozenClock(), RecordingPublisher(), list[SweepDueV1]()
    envelope = {"ce-id": "17", "ce-time": (clock.now() - timedelta(minutes=11)).isoformat()}

    outcome = _consumer(clock, publisher, taken).consume(b"{}", _CONSTANT, envelope)

    assert (Outcome.EXPIRED, [], []) == (outcome, taken, publisher.messages)


def test_no_other_event_takes_its_identity_from_a_message() -> None:
    """Published again, the same fact would be another one."""
    envelope = {"ce-id": "17", "ce-time": "2026-06-01T12:00:00Z"}

    with pytest.raises(MalformedEvent, match="no attribute ce-id, ce-time"):
        from_message(b"{}", {"ce-type": MutationsAcceptedV1.type}, envelope)
