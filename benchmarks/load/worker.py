"""The generator process: `python -m benchmarks.load.worker DIRECTORY` does the job that lies there."""

import gc
import sys
import time
from pathlib import Path

from benchmarks.load.closed_loop import Recorded, run_lanes
from benchmarks.load.event_loop import run_quickly
from benchmarks.load.job import Outcome, Task, read_task, write_load


async def _do(task: Task, requests: list[bytes]) -> tuple[Recorded, Outcome]:
    if task.warm_up_s:
        await run_lanes(task.port, requests, connections=task.connections, seconds=task.warm_up_s)
    started_s, busy_s = time.monotonic(), time.process_time()
    recorded, seconds = await run_lanes(task.port, requests, connections=task.connections, seconds=task.seconds)
    share = (time.process_time() - busy_s) / seconds
    failures = {str(status): count for status, count in recorded.failures.items()}
    return recorded, Outcome(started_s, seconds, share, failures)


def main() -> None:
    """Do the job in the directory named on the command line."""
    directory = Path(sys.argv[1])
    task, requests = read_task(directory)
    gc.disable()  # a collection would look like a slow answer
    recorded, outcome = run_quickly(_do(task, list(requests)))
    write_load(directory, outcome, recorded.latencies_ns, recorded.answers)


if __name__ == "__main__":
    main()
