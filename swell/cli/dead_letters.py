# ruff: noqa: PLC0415 - the queue loads when a command opens it: `swell --help` stays quick
"""`swell dead-letters`: messages of `swell up` that used up their deliveries; look at them, and deliver them again."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from swell.cli.failure import CommandFailed
from swell.cli.options import DEFAULT_DATA, Json
from swell.cli.output import print_json, print_table, say
from swell.cli.places import Data

if TYPE_CHECKING:
    from shared.adapters.embedded.broker import SqliteBroker

app = typer.Typer(
    help="Messages that used up their deliveries in `swell up`.", no_args_is_help=True, rich_markup_mode=None
)


@app.command("list")
def list_dead_letters(*, data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Show every dead letter, by topic, the oldest first; what it carries is not shown."""
    from shared.topology import load_topology

    broker = _queue(data)
    found = [(topic, letter) for topic in sorted(load_topology().topics) for letter in broker.dead_letters(topic)]
    rows = [
        {
            "topic": topic,
            "id": letter.id,
            "at": letter.dead_lettered_at.isoformat(),
            "type": letter.message.attributes.get("ce-type", ""),
        }
        for topic, letter in found
    ]
    if as_json:
        print_json({"dead_letters": rows})
    elif rows:
        print_table(
            {"topic": "left", "id": "right", "at": "left", "type": "left"},
            [[str(value) for value in row.values()] for row in rows],
        )
    else:
        say("No dead letters.")


@app.command("replay")
def replay(
    topic: Annotated[str, typer.Argument(help="A dead-letter topic, such as index_update.mutations.dead.")],
    *,
    data: Data = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """Deliver the dead letters of a topic again; what was done already is known, and changes nothing."""
    from shared.topology import load_topology

    sources = {each.dead_letter_topic: each.topic for each in load_topology().subscriptions.values()}
    if topic not in sources:
        raise CommandFailed(
            f"got {topic!r}, allowed: the topics that `swell dead-letters list` names", code="not_found"
        )
    queue = _queue(data)
    # What a function put there itself does not say from which subscription it came: it goes to the topic again.
    parked = [letter.id for letter in queue.dead_letters(topic) if letter.subscription is None]
    count = queue.replay(topic, ids=parked, to_topic=sources[topic]) if parked else 0
    count += queue.replay(topic)
    if as_json:
        print_json({"topic": topic, "replayed": count})
    else:
        say(f"{count} dead letters of {topic} are delivered again.")


def _queue(data: Path) -> "SqliteBroker":
    from shared.adapters.embedded.broker import SqliteBroker

    if not (data / "queue.db").exists():
        raise CommandFailed(f"{data} holds no Swell; name its directory with --data", code="not_found")
    return SqliteBroker(data / "queue.db")
