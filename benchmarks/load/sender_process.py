"""One process of the open loop: `python -m benchmarks.load.sender_process DIRECTORY NUMBER OF`.

It sends each so-many-th request, or has each so-many-th user.
"""

import gc
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from benchmarks.load.board import Board
from benchmarks.load.connection import Pool, conversation_of
from benchmarks.load.histograms import histogram_of
from benchmarks.load.job import read_blobs
from benchmarks.load.protocols.conversation import KEPT_BY_KEY, MULTIPLEXED, Meant
from benchmarks.load.sender import GOOD, Schedule, Sender
from benchmarks.scenarios.protocol import ProtocolName


def pool_of(stream: Mapping[str, Any], request: bytes, connections: int) -> Pool:
    """Connections for requests of a stream."""
    protocol: ProtocolName = stream["protocol"]
    converse = conversation_of(protocol, request)
    return Pool(stream["port"], connections, converse, multiplexed=protocol in MULTIPLEXED)


def pools_of(streams: Sequence[Mapping[str, Any]], requests: Sequence[bytes], connections: int) -> list[Pool]:
    """The pool of each stream: one for each protocol and port, and key where a connection says it once."""
    made: dict[tuple[str, int, str], Pool] = {}
    pools = []
    for stream in streams:
        protocol: ProtocolName = stream["protocol"]
        request = requests[stream["first"]]
        key = Meant.by(request).authorization if protocol in KEPT_BY_KEY else ""
        of = (protocol, stream["port"], key)
        if of not in made:
            made[of] = pool_of(stream, request, connections)
        pools.append(made[of])
    return pools


def _sender(
    directory: Path, task: Mapping[str, Any], requests: Sequence[bytes], schedule: Schedule, user: NDArray[np.int64]
) -> Sender:
    streams = task["streams"]
    if not (directory / "comings.npz").exists():
        return Sender(pools_of(streams, requests, task["connections"]), requests, schedule)
    from benchmarks.load.comings import Comings  # noqa: PLC0415 - only where there are users
    from benchmarks.load.users import UserSender  # noqa: PLC0415

    def own(kind: int) -> Pool:
        return pool_of(streams[kind], requests[streams[kind]["first"]], 1)

    with np.load(directory / "comings.npz") as stored:
        return UserSender(own, requests, schedule, user, Comings.of(stored))


def main() -> None:
    """Do a part of the job in the directory named on the command line."""
    directory, number, of = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    task = orjson.loads((directory / "task.json").read_bytes())
    with np.load(directory / "due.npz") as due:
        user = due["user"]
        ours = np.arange(len(user)) % of == number if user.max(initial=-1) < 0 else user % of == number
        schedule = Schedule(*(due[what][ours] for what in Schedule._fields))
    streams, requests = task["streams"], list(read_blobs(directory / "requests.npz").values())
    gc.disable()  # a collection would look like a slow answer
    board = Board.open(directory)
    sender = _sender(directory, task, requests, schedule, user[ours])
    sender.open()
    board.ready(number)
    while not board.begin_at_s:
        time.sleep(0.005)
    stopped_at_s: float | None = None

    def look(now_s: float) -> bool:
        nonlocal stopped_at_s
        sender.tell(board, number, now_s)
        if board.is_stopped and stopped_at_s is None:
            stopped_at_s = now_s
        return stopped_at_s is not None

    busy_s = time.process_time()
    sender.run(board.begin_at_s, look)
    share = (time.process_time() - busy_s) / (time.perf_counter() - board.begin_at_s)
    seen = sender.seen()
    found: dict[str, Any] = {"cpu_share": share, "stopped_at_s": stopped_at_s or np.inf, **seen}
    np.savez(directory / f"seen-{number}.npz", **found)
    good = np.isin(seen["status"], GOOD)
    encoded = {
        str(each): histogram_of(seen["latency_ms"][good & (seen["kind"] == each)]).encode().decode()
        for each in range(len(streams))
    }
    (directory / f"histograms-{number}.json").write_bytes(orjson.dumps(encoded))


if __name__ == "__main__":
    main()
