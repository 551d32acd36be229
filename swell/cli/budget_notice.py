# ruff: noqa: PLC0415 - queues load when a command opens them: `swell --help` stays quick
"""`swell budget notice`: a notification of Cloud Billing, published here in its place."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from swell.cli.failure import CommandFailed
from swell.cli.options import DEFAULT_DATA, Json
from swell.cli.output import note, print_json, say

if TYPE_CHECKING:
    from shared.ports.publisher import Publisher

TOPIC = "billing-notices"
_EMULATOR = "PUBSUB_EMULATOR_HOST"
_MAX_BYTES = 1_000_000


def publish_notice(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="The JSON data, as Google sends it.")
    ],
    *,
    budget_id: Annotated[str, typer.Option(help="The attribute budgetId.")] = "local",
    data: Annotated[
        Path, typer.Option("--data", metavar="DIR", file_okay=False, help="The data directory of `swell up`.")
    ] = DEFAULT_DATA,
    project: Annotated[
        str | None,
        typer.Option("--project", metavar="PROJECT", help=f"The project on the emulator that {_EMULATOR} names."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Publish a budget notification, as Cloud Billing does in a project; budget enforcement takes it at once.

    In a project only Cloud Billing publishes there.
    """
    body, attributes = file.read_bytes(), {"billingAccountId": "local", "budgetId": budget_id, "schemaVersion": "1.0"}
    try:
        notice = _checked(body, attributes)
    except ValueError as error:
        raise CommandFailed(f"{file}: {error}", code="invalid_request") from None
    _publish(_publisher(data, project), body, attributes)
    if as_json:
        print_json({"topic": TOPIC, "budget_id": budget_id, **notice})
    else:
        say(f"Published: {notice['cost']:,.2f} {notice['currency']} billed since {notice['since']}.")
        if not notice["counts"]:
            note("It will be left aside: the budget counts US dollars alone.")


def _checked(body: bytes, attributes: Mapping[str, str]) -> dict[str, object]:
    """Refuse here what budget enforcement would park."""
    from functions.budget_enforcement.billing_notice import read_notice
    from functions.budget_enforcement.reconciliation import CURRENCY
    from shared.domain.money import MICROS_PER_DOLLAR
    from shared.foreign_messages import ForeignMessage

    if len(body) > _MAX_BYTES:
        raise CommandFailed(f"got {len(body):,} bytes, allowed: {_MAX_BYTES:,}", code="invalid_request")
    notice = read_notice(ForeignMessage(body, attributes, datetime.now(UTC)))
    return {
        "cost": notice.cost / MICROS_PER_DOLLAR,
        "currency": notice.currency,
        "counts": notice.currency == CURRENCY,
        "since": notice.interval_start.isoformat(),
    }


def _publisher(data: Path, project: str | None) -> "Publisher":
    if project is not None:
        if not os.environ.get(_EMULATOR):  # noqa: TID251 - Google's own
            raise CommandFailed(f"--project needs {_EMULATOR}: in a project Cloud Billing publishes, nobody else")
        from shared.adapters.google.publisher import GooglePublisher

        return GooglePublisher(project)
    if not (data / "queue.db").exists():
        raise CommandFailed(f"{data} holds no Swell; name its directory with --data", code="not_found")
    from shared.adapters.embedded.broker import SqliteBroker

    return SqliteBroker(data / "queue.db")


def _publish(publisher: "Publisher", body: bytes, attributes: Mapping[str, str]) -> None:
    from shared.ports.publisher import Message

    publisher.publish([Message(topic=TOPIC, data=body, attributes=dict(attributes))])
