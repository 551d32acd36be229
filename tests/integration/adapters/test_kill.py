"""kill -9 at any moment: what was acknowledged is there, nothing is there by half, and work goes on."""

import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

from shared.adapters.embedded.broker import SqliteBroker
from shared.adapters.embedded.dispatcher import Dispatcher
from shared.adapters.embedded.objects import DirectoryObjects
from shared.adapters.embedded.received_message import ReceivedMessage
from shared.adapters.embedded.state import SqliteState
from shared.ports.publisher import Message
from shared.ports.state import Put
from tests.integration.adapters.crash_writers import SUBSCRIPTION

KILLS = 6
SEED = 20_260_601


def killed(kind: str, directory: Path, run: int, after_s: float) -> list[int]:
    """Run a writer, kill it `after_s` after its first word, and return what it had acknowledged."""
    writer = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.adapters.crash_writers", kind, str(directory), f"run-{run}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with writer:
        assert writer.stdout is not None
        first = writer.stdout.readline()
        time.sleep(after_s)
        writer.kill()
        said = first + writer.stdout.read()
    return [int(line) for line in said.split()]


def moments() -> list[float]:
    """When to kill, from a seed."""
    random = Random(SEED)
    return [random.uniform(0, 0.15) for _ in range(KILLS)]


def test_committed_batches_are_there_whole(tmp_path: Path) -> None:
    """Exactly those acknowledged, and perhaps the one under way: both of its documents or neither."""
    for run, after_s in enumerate(moments()):
        acknowledged = killed("commit", tmp_path, run, after_s)[-1]

        store = SqliteState(tmp_path / "state.db")
        sides = [
            sorted(int(document.id.partition(f"run-{run}-")[2]) for document in listing if f"run-{run}-" in document.id)
            for listing in (store.list("left", limit=100_000), store.list("right", limit=100_000))
        ]
        last = store.get(f"last/run-{run}")
        store.commit([Put("after/crash", {"run": run})])
        store.close()

        assert sides[0] == sides[1]
        assert list(range(1, len(sides[0]) + 1)) == sides[0]
        assert len(sides[0]) - acknowledged in {0, 1}
        assert last is not None
        assert len(sides[0]) == last.data["n"]


def test_objects_are_there_whole(tmp_path: Path) -> None:
    """Every acknowledged put, and none by half."""
    for run, after_s in enumerate(moments()):
        acknowledged = killed("put", tmp_path, run, after_s)[-1]

        store = DirectoryObjects(tmp_path)
        found = {int(each.name.rpartition("/")[2]): each for each in store.list(f"run-{run}/")}

        assert set(range(1, acknowledged + 1)) <= set(found)
        assert len(found) - acknowledged in {0, 1}
        for number, each in found.items():
            assert bytes([number % 256]) * each.size_bytes == store.read(each.name)


def test_published_messages_are_delivered(tmp_path: Path) -> None:
    """Every acknowledged publish, both messages of each or neither, in the order of their key."""
    acknowledged = {
        f"run-{run}": killed("publish", tmp_path, run, after_s)[-1] for run, after_s in enumerate(moments())
    }
    received: list[str] = []

    def deliver(_: str, message: ReceivedMessage) -> None:
        received.append(message.data.decode())

    broker = SqliteBroker(tmp_path / "queue.db", [SUBSCRIPTION])
    dispatcher = Dispatcher(broker, deliver)
    dispatcher.start()
    dispatcher.drain(30)
    dispatcher.stop()

    for run, number in acknowledged.items():
        of_run = [text for text in received if text.startswith(f"{run} ")]
        assert len(of_run) in {2 * number, 2 * number + 2}
        assert [f"{run} {each} {half}" for each in range(1, len(of_run) // 2 + 1) for half in (1, 2)] == of_run


def test_what_a_dead_consumer_had_is_delivered_again(tmp_path: Path) -> None:
    """Long before its deadline of ten minutes, and each message until it is acknowledged."""
    total = 4_000
    broker = SqliteBroker(tmp_path / "queue.db", [SUBSCRIPTION])
    broker.publish([Message("t", str(number).encode(), {}, f"key-{number % 16}") for number in range(total)])
    handled: Counter[int] = Counter()
    random = Random(SEED)
    for run in range(KILLS):
        handled.update(killed("consume", tmp_path, run, random.uniform(0, 0.04)))
    left = broker.backlog()["s"]

    def deliver(_: str, message: ReceivedMessage) -> None:
        handled[int(message.data)] += 1

    dispatcher = Dispatcher(broker, deliver)
    dispatcher.start()
    dispatcher.drain(30)
    dispatcher.stop()

    assert 0 < left < total
    assert set(range(total)) == set(handled)
    assert sum(handled.values()) > total
