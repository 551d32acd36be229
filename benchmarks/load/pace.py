"""How fast the open loop can be: `python -m benchmarks.load.pace [PROCESSES]`.

Against the trivial server, in rising steps, until the generator's busiest process has used nine tenths of a core.
The goal is that of a hundred requests at most one is sent over a millisecond late by the generator itself.
"""

import sys
from typing import Final

from benchmarks.load.headroom import trivial_server
from benchmarks.load.histograms import percentile_ms
from benchmarks.load.open_loop import BUSY_SHARE, Stream, evenly, offer
from benchmarks.load.wire import encode_request

GOAL_WAKE_MS: Final = 1.0
_STEPS: Final = (2_000, 5_000, 10_000, 15_000, 20_000, 30_000, 40_000, 50_000, 75_000, 100_000)
_SECONDS: Final = 3.0


def main() -> None:
    """Print a line a step."""
    processes = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    with trivial_server(answer_bytes=100) as port:
        request = encode_request("POST", "/", b"{}", port=port)
        print("a second, asked   sent in time   late p99 (ms)   share of a core   p99 of answers (ms)")
        for per_s in _STEPS:
            stream = Stream("all", request, evenly(per_s, _SECONDS))
            seen, sent = offer(port, [stream], connections=64, processes=processes)
            in_time = float((seen["all"].lag_ms < GOAL_WAKE_MS).mean())
            p99_ms = percentile_ms(sent.histograms["all"], 99) or float("nan")
            print(f"{per_s:15,d} {in_time:14.1%} {sent.wake_p99_ms:15.2f} {sent.cpu_share:17.0%} {p99_ms:21.2f}")
            if sent.cpu_share > BUSY_SHARE:
                break


if __name__ == "__main__":
    main()
