"""What `import swell.client` costs beyond its libraries."""

import subprocess
import sys

from shared.topology.loading import TOPOLOGY_FILE

_PROBE = """
import sys, time
began = time.perf_counter()
import httpx, numpy
before, middle = set(sys.modules), time.perf_counter()
import swell.client
ended = time.perf_counter()
of_others = {"google", "grpc", "starlette", "annoy", "opentelemetry", "pydantic", "typer", "rich"}
heavy = of_others & (set(sys.modules) - before)
print((ended - middle) / (middle - began), *sorted(heavy))
"""


def _probe() -> list[str]:
    command = [sys.executable, "-c", _PROBE]
    done = subprocess.run(command, cwd=TOPOLOGY_FILE.parent, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_the_client_loads_little_beside_its_libraries() -> None:
    """Nothing of Google, no server, no command line; less time than httpx and numpy take, whatever the machine."""
    probes = [_probe() for _ in range(3)]

    assert [[], [], []] == [heavy for _, *heavy in probes]
    assert min(float(ratio) for ratio, *_ in probes) < 1
