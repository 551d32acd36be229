"""The same load from wrk, where that is installed: another program's word on what our own generator says.

wrk: Will Glozer, https://github.com/wg/wrk. It sends the same requests in rotation, but does not keep the answers.
"""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import orjson

from benchmarks.load.generator import GeneratorFailed
from benchmarks.load.job import Task
from swell.local.server import LOOPBACK

_GRACE_S: Final = 30.0
# The file begins with the lengths of the requests in one line; the requests follow, one directly after the other.
_SCRIPT: Final = """
local requests, place = {}, 0

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  for length in file:read("*l"):gmatch("%d+") do
    requests[#requests + 1] = file:read(tonumber(length))
  end
  file:close()
end

function request()
  place = place % #requests + 1
  return requests[place]
end

function done(summary, latency, _)
  local errors = summary.errors
  local failures = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format('\\n{"answers": %d, "seconds": %f, "failures": %d, "p50_ms": %f, "p99_ms": %f}\\n',
    summary.requests, summary.duration / 1e6, failures, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
"""


@dataclass(frozen=True)
class WrkReport:
    """What wrk saw."""

    answers: int
    seconds: float
    failures: int
    p50_ms: float
    p99_ms: float

    @property
    def per_s(self) -> float:
        """Answers per second."""
        return self.answers / self.seconds


def wrk_program() -> str | None:
    """Where wrk is, None where it is not installed."""
    return shutil.which("wrk")


def run_wrk(program: str, task: Task, requests: Sequence[bytes]) -> WrkReport:
    """Send the requests from one thread of wrk, for the task's seconds after its warm-up.

    Raises:
        GeneratorFailed: wrk failed.
    """
    with TemporaryDirectory(prefix="swell-wrk-") as name:
        script, bodies = Path(name) / "post.lua", Path(name) / "requests"
        script.write_text(_SCRIPT)
        bodies.write_bytes(" ".join(str(len(one)) for one in requests).encode() + b"\n" + b"".join(requests))
        for seconds in (task.warm_up_s, task.seconds or 1.0):
            said = _run(program, task, seconds, [str(script), f"http://{LOOPBACK}:{task.port}", "--", str(bodies)])
    return WrkReport(**orjson.loads(said.strip().splitlines()[-1]))


def _run(program: str, task: Task, seconds: float, script: Sequence[str]) -> str:
    whole_s = max(1, round(seconds))  # wrk takes no fractions
    command = [program, "-t1", f"-c{task.connections}", f"-d{whole_s}s", "-s", *script]
    try:
        ended = subprocess.run(  # noqa: S603 - our own script
            command, capture_output=True, text=True, timeout=whole_s + _GRACE_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise GeneratorFailed(f"wrk did not end within {whole_s + _GRACE_S:.0f} s") from None
    if ended.returncode != 0:
        raise GeneratorFailed(f"wrk failed: {ended.stderr.strip()[-200:]}")
    return ended.stdout
