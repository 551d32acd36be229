"""`swell dead-letters` shows what a queue gave up, and has it delivered again."""

import json
from pathlib import Path

from typer.testing import CliRunner

from shared.adapters.embedded.broker import SqliteBroker
from shared.adapters.embedded.subscription import SubscriptionConfig
from shared.ports.publisher import Message
from swell.cli.main import app

DEAD = "index_update.mutations.dead"


def _run(*command: str) -> dict[str, object]:
    result = CliRunner().invoke(app, ["dead-letters", *command, "--json"])
    assert result.exit_code == 0, result.output
    document: dict[str, object] = json.loads(result.stdout)
    return document


def test_what_a_function_parked_is_delivered_again_once(tmp_path: Path) -> None:
    """It does not say which subscription gave it up; the topic of its dead letters does."""
    subscription = SubscriptionConfig("index_update.mutations", "mutations", dead_letter_topic=DEAD)
    broker = SqliteBroker(tmp_path / "queue.db", [subscription])
    broker.publish([Message(DEAD, b"{}", {"ce-type": "dev.swell.mutations.accepted.v1"})])

    listed = _run("list", "--data", str(tmp_path))["dead_letters"]
    replayed = [_run("replay", DEAD, "--data", str(tmp_path))["replayed"] for _ in range(2)]

    assert isinstance(listed, list)
    assert [(each["topic"], each["type"]) for each in listed] == [(DEAD, "dev.swell.mutations.accepted.v1")]
    assert replayed == [1, 0]
    assert broker.backlog() == {"index_update.mutations": 1}
    assert _run("list", "--data", str(tmp_path)) == {"dead_letters": []}
    broker.close()
