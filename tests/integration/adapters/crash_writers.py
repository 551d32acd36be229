"""Programs that write without end until they are killed, and say on stdout what has been acknowledged."""

import os
import sys
from pathlib import Path
from random import Random

from shared.adapters.embedded.broker import SqliteBroker
from shared.adapters.embedded.dispatcher import Dispatcher
from shared.adapters.embedded.objects import DirectoryObjects
from shared.adapters.embedded.received_message import ReceivedMessage
from shared.adapters.embedded.state import SqliteState
from shared.adapters.embedded.subscription import SubscriptionConfig
from shared.ports.publisher import Message
from shared.ports.state import ABSENT, Put

SUBSCRIPTION = SubscriptionConfig("s", "t", ordered=True, ack_deadline_s=600, min_backoff_s=0.01, max_backoff_s=0.1)


def say(number: int) -> None:
    """Acknowledge to whoever reads, in one write: a kill cannot take it back, other threads cannot come between."""
    os.write(1, f"{number}\n".encode())


def commit(directory: Path, run: str) -> None:
    """Batches of three documents: two of this batch, and one that all share."""
    store = SqliteState(directory / "state.db")
    number = 0
    while True:
        number += 1
        content = {"n": number, "text": "x" * 2_000}
        store.commit(
            [
                Put(f"left/{run}-{number}", content, ABSENT),
                Put(f"right/{run}-{number}", content, ABSENT),
                Put(f"last/{run}", content),
            ]
        )
        say(number)


def put(directory: Path, run: str) -> None:
    """Objects of many sizes, each all of one byte value."""
    store = DirectoryObjects(directory)
    sizes = Random(run)
    number = 0
    while True:
        number += 1
        store.put(f"{run}/{number}", bytes([number % 256]) * sizes.randint(1, 300_000), if_generation=0)
        say(number)


def publish(directory: Path, run: str) -> None:
    """Pairs of messages of one key."""
    broker = SqliteBroker(directory / "queue.db", [SUBSCRIPTION])
    number = 0
    while True:
        number += 1
        broker.publish([Message("t", f"{run} {number} {half}".encode(), {}, run) for half in (1, 2)])
        say(number)


def consume(directory: Path, _: str) -> None:
    """Handle messages; the handling is said before the acknowledgement."""
    broker = SqliteBroker(directory / "queue.db", [SUBSCRIPTION])

    def deliver(_: str, message: ReceivedMessage) -> None:
        say(int(message.data))

    Dispatcher(broker, deliver).start()
    sys.stdin.read()


if __name__ == "__main__":
    {"commit": commit, "put": put, "publish": publish, "consume": consume}[sys.argv[1]](Path(sys.argv[2]), sys.argv[3])
