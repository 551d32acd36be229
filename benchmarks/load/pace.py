"""How fast the open loop can be: `python -m benchmarks.load.pace [PROTOCOL] [PROCESSES]`; http1, one process.

Against a server that does next to nothing, in rising steps, until the generator's busiest process has used nine tenths
of a core, or the server no longer answers in time. The goal is that of a hundred requests at most one is sent over a
millisecond late by the generator itself.
"""

import sys
from typing import Final, get_args

from benchmarks.load.headroom import trivial_server
from benchmarks.load.histograms import percentile_ms
from benchmarks.load.open_loop import BUSY_SHARE, Stream, evenly, offer
from benchmarks.load.wire import encode_request
from benchmarks.scenarios.protocol import ProtocolName

GOAL_WAKE_MS: Final = 1.0
_STEPS: Final = (1_000, 2_000, 5_000, 7_500, 10_000, 15_000, 20_000, 30_000, 40_000, 50_000, 75_000, 100_000)
_SECONDS: Final = 3.0
_CONNECTIONS: Final = 64
_LOST_MS: Final = 500.0


def request_of(protocol: ProtocolName, port: int) -> bytes:
    """The least that can be asked."""
    if protocol == "websocket":
        return encode_request("GET", "/v1/stream", b'{"collection":"c"}', port=port)
    return encode_request("POST", "/", b"{}", port=port)


def main() -> None:
    """Print a line a step."""
    names = get_args(ProtocolName)
    named = sys.argv[1] if len(sys.argv) > 1 else "http1"
    if named not in names:
        sys.exit(f"PROTOCOL: got {named!r}, allowed: {', '.join(names)}")
    [protocol] = [one for one in names if one == named]
    processes = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with trivial_server(100, protocol) as port:
        request = request_of(protocol, port)
        print("  a second   answered   sent in time   late p99 (ms)   of a core   µs a request   answers p99 (ms)")
        for per_s in _STEPS:
            stream = Stream("all", request, evenly(per_s, _SECONDS), protocol)
            seen, sent = offer(port, [stream], connections=_CONNECTIONS, processes=processes)
            offered = seen["all"]
            answered, in_time = float(offered.good.mean()), float((offered.lag_ms < GOAL_WAKE_MS).mean())
            p99_ms = percentile_ms(sent.histograms["all"], 99) or float("nan")
            used_us = sent.cpu_share * 1e6 / (per_s / processes)
            late = f"{in_time:14.1%} {sent.wake_p99_ms:15.2f}"
            used = f"{sent.cpu_share:11.0%} {used_us:14.1f}"
            print(f"{per_s:10,d} {answered:10.1%} {late} {used} {p99_ms:18.2f}", flush=True)
            if sent.cpu_share > BUSY_SHARE or not p99_ms < _LOST_MS:
                break


if __name__ == "__main__":
    main()
