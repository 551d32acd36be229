"""`swell budget notice` puts what Google would send where budget enforcement takes it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from shared.adapters.embedded.broker import SqliteBroker
from shared.adapters.embedded.dispatcher import Dispatcher
from shared.adapters.embedded.received_message import ReceivedMessage
from shared.adapters.embedded.topology_subscriptions import subscription_configs
from shared.topology import load_topology
from swell.cli.main import app

NOTICE = {
    "budgetDisplayName": "Swell",
    "costAmount": 140.321,
    "costIntervalStart": "2026-06-01T07:00:00Z",
    "budgetAmount": 152.557,
    "budgetAmountType": "SPECIFIED_AMOUNT",
    "currencyCode": "USD",
}


def publish(data: Path, notice: object, *options: str) -> Result:
    """One run of the command on a data directory."""
    file = data / "notice.json"
    file.write_text(json.dumps(notice))
    return CliRunner().invoke(app, ["budget", "notice", str(file), "--data", str(data), "--json", *options])


def test_a_notice_is_delivered_as_it_was_written(tmp_path: Path) -> None:
    """To the subscription of budget enforcement, with the attributes by which it is known."""
    broker = SqliteBroker(tmp_path / "queue.db", subscription_configs(load_topology()))

    published = publish(tmp_path, NOTICE, "--budget-id", "b1")

    received: list[tuple[str, ReceivedMessage]] = []
    dispatcher = Dispatcher(broker, lambda subscription, message: received.append((subscription, message)))
    dispatcher.start()
    dispatcher.drain(10)
    dispatcher.stop()
    assert json.loads(published.stdout)["cost"] == 140.321
    [(subscription, message)] = received
    assert subscription == "budget_enforcement.billing-notices"
    assert json.loads(message.data) == NOTICE
    assert (message.attributes["budgetId"], message.attributes["schemaVersion"]) == ("b1", "1.0")


@pytest.mark.parametrize(
    ("notice", "options", "says"),
    [
        ({**NOTICE, "costAmount": "much"}, [], "costAmount: got 'much', allowed: a number"),
        ({**NOTICE, "costAmount": 1e300}, [], "costAmount: got 1e+300, allowed: at most 1,000,000,000,000"),
        ([], [], "a JSON object"),
        (NOTICE, [], "holds no Swell"),
        (NOTICE, ["--project", "p"], "needs PUBSUB_EMULATOR_HOST"),
    ],
)
def test_what_nobody_could_take_is_not_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, notice: object, options: list[str], says: str
) -> None:
    """The command says why, instead of a dead letter later."""
    monkeypatch.delenv("PUBSUB_EMULATOR_HOST", raising=False)

    refused = publish(tmp_path, notice, *options)

    assert refused.exit_code != 0
    assert says in str(refused.exception)
