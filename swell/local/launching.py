"""How functions are started under functions-framework, each in its own process, and where they then answer."""

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from secrets import token_urlsafe

import httpx
import orjson

from shared.errors import DependencyUnavailable
from shared.ports.clock import Clock
from shared.topology import Function, Topology
from swell.local.crowd_clock import CROWD_FUNCTIONS, CrowdClock, clock_environment
from swell.local.emulators import Emulators
from swell.local.fleet import MOST_PROCESSES
from swell.local.region_host import Launch
from swell.local.server import LOOPBACK, free_port

_ROOT = Path(__file__).parents[2]
_READY_WITHIN_S = 180
_BUCKET = "swell-local"
_ON_CROWD_CLOCK = str(_ROOT / "swell" / "local" / "hastened" / "main.py")
WRITES = "index_update"
"""Commits in the bucket of its region; where there are several it dies with its region too."""


class Launcher:
    """How each function is started in each region, and where it then answers."""

    def __init__(self, topology: Topology, emulators: Emulators, data_dir: Path, clock: Clock) -> None:
        self.topology = topology
        self.clock = clock
        self.emulators = emulators
        home = topology.home_region
        self.buckets = {name: _BUCKET if name == home else f"{_BUCKET}-{name}" for name in topology.regions}
        self.logs = data_dir / "logs"
        self.push_secret = token_urlsafe()  # the emulator signs nothing: whoever knows this is it
        self.grpc = f"{LOOPBACK}:{free_port()}"
        self._data_dir = data_dir
        self._ports: dict[tuple[str, str], int] = {}
        alone = len(self.buckets) == 1
        follows = {
            name
            for name, function in topology.functions.items()
            if function.placement == "regional" and (name == "query" or function.trigger == "event")
        }
        self.regional = [] if alone else [*sorted(follows), WRITES]
        """What dies with a region here, `query` first; other regional functions have one process, at home."""
        events = {name for name in follows if topology.functions[name].trigger == "event"}
        left_out = events if alone else {*follows, WRITES}
        self.home_functions = [name for name in topology.functions if name not in left_out]

    def url(self, function: str, region: str | None) -> str:
        """Where a function answers; without a region, in the home region."""
        place = (function, region or self.topology.home_region)
        if place not in self._ports:
            self._ports[place] = free_port()
        return f"http://{LOOPBACK}:{self._ports[place]}"

    def launch(self, function: str, region: str, url: str | None = None) -> Launch:
        """Under functions-framework, as in the cloud; at a `url` of its own, one more process of the function."""
        name = f"{function}-{region}" if function in self.regional else function
        port = (url or self.url(function, region)).rpartition(":")[2]
        command = self._command(function, self.topology.functions[function], port)
        alone = len(self.buckets) == 1
        environment = {
            **self.emulators.environment,
            "PYTHONPATH": str(_ROOT),
            "PYTHONUNBUFFERED": "1",
            "SWELL_RUNTIME": "google",
            "SWELL_PROJECT": self.emulators.project,
            "SWELL_BUCKET": self.buckets[region],
            "SWELL_ACCESS": "loopback",
            "SWELL_PLATFORM": "local",
            "SWELL_PUSH_SECRET": self.push_secret,
            "SWELL_PORT": port,
            "SWELL_GRPC_PORT": self.grpc.rpartition(":")[2],
            "SWELL_CACHE_DIR": str(self._data_dir / "cache" / name),
            "SWELL_REGION_INSTANCES": str(MOST_PROCESSES),
            **clock_environment(self.clock),
            **({} if alone else self._among_others(function, region)),
        }
        return Launch(command, environment, self.logs / f"{name}.log")

    def _command(self, name: str, function: Function, port: str) -> list[str]:
        main = str(_ROOT / "functions" / name / "main.py")
        if function.interface == "server":
            return [sys.executable, main]
        if isinstance(self.clock, CrowdClock) and (name in CROWD_FUNCTIONS or name == "query"):
            main = _ON_CROWD_CLOCK
        return [
            *(sys.executable, "-m", "swell.local.framework_process", "--source", main),
            *("--target", name, "--signature-type", function.signature_type),
            *("--host", LOOPBACK, "--port", port),
        ]

    def _among_others(self, function: str, region: str) -> dict[str, str]:
        return {
            "SWELL_REGION": region,
            "SWELL_BUCKETS": orjson.dumps(dict(self.buckets)).decode(),
            **({"SWELL_ONLY_OWN_HOME": "true"} if function == WRITES else {}),
            **({"SWELL_HEARTBEAT_S": "1"} if function == "region_sync" else {}),
            **({"SWELL_FOLLOWS": "home"} if function == "stream" else {}),
        }


def await_answers(urls: Mapping[str, str], logs: Path) -> None:
    """Wait until every function answers.

    Raises:
        DependencyUnavailable: one did not come up.
    """
    deadline = time.monotonic() + _READY_WITHIN_S
    for name, url in urls.items():
        while not _answers(url):
            if time.monotonic() > deadline:
                tail = (logs / f"{name}.log").read_text()[-2000:]
                raise DependencyUnavailable(f"function {name} did not come up within {_READY_WITHIN_S} s:\n{tail}")
            time.sleep(0.05)


def _answers(url: str) -> bool:
    """Any HTTP answer will do: an event function refuses GET with 405."""
    try:
        httpx.get(f"{url}/health", timeout=5)
    except httpx.TransportError:
        return False
    return True
