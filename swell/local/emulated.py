"""Every function in its own process under functions-framework, joined by Google's emulators with push."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from secrets import token_urlsafe

import httpx

from shared.errors import DependencyUnavailable
from shared.topology import Function, Topology, load_topology
from swell.local.emulators import Emulators
from swell.local.front_door import FrontDoor
from swell.local.processes import child_process
from swell.local.provision import EmulatedPubSub, make_bucket
from swell.local.running import RunningSwell
from swell.local.server import LOOPBACK, free_port, serve
from swell.local.upstream import Upstream

_ROOT = Path(__file__).parents[2]
_READY_WITHIN_S = 60
_BUCKET = "swell-local"


@contextmanager
def run_on_emulators(data_dir: Path, port: int = 0) -> Iterator[RunningSwell]:
    """Serve on a loopback port until the block ends; port 0 takes a free one.

    Emulators that the environment names (all three `*_EMULATOR_HOST`) are used; otherwise own ones are started.

    Raises:
        ConfigurationError: an emulator is missing (the message says how to get it), or the port is taken.
        DependencyUnavailable: a function did not come up.
    """
    topology = load_topology()
    logs = data_dir / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        emulators = stack.enter_context(Emulators.start(logs))
        make_bucket(emulators.environment["STORAGE_EMULATOR_HOST"], emulators.project, _BUCKET)
        pubsub = EmulatedPubSub(emulators.environment["PUBSUB_EMULATOR_HOST"], emulators.project)
        pubsub.make_topics(topology)
        push_secret = token_urlsafe()  # the emulator signs nothing: whoever knows this is it
        grpc_port = free_port()
        given = {"SWELL_PUSH_SECRET": push_secret, "SWELL_GRPC_PORT": str(grpc_port)}
        urls = _start_functions(stack, topology, emulators, data_dir, given)
        pubsub.make_subscriptions(topology, urls, push_secret)
        upstreams = {name: Upstream(urls[name]) for name in urls if topology.functions[name].trigger == "http"}
        url = stack.enter_context(
            serve(FrontDoor(topology, upstreams, [upstream.close for upstream in upstreams.values()]), port)
        )
        yield RunningSwell(url, [logs / f"{name}.log" for name in urls], f"{LOOPBACK}:{grpc_port}")


def _start_functions(
    stack: ExitStack, topology: Topology, emulators: Emulators, data_dir: Path, given: Mapping[str, str]
) -> dict[str, str]:
    urls = {}
    for name, function in topology.functions.items():
        function_port = free_port()
        command = _command(name, function, function_port)
        environment = {
            **emulators.environment,
            "PYTHONPATH": str(_ROOT),
            "PYTHONUNBUFFERED": "1",
            "SWELL_RUNTIME": "google",
            "SWELL_PROJECT": emulators.project,
            "SWELL_BUCKET": _BUCKET,
            "SWELL_ACCESS": "loopback",
            "SWELL_PLATFORM": "local",
            **given,
            "SWELL_PORT": str(function_port),
            "SWELL_CACHE_DIR": str(data_dir / "cache" / name),
        }
        stack.enter_context(child_process(command, environment, log=data_dir / "logs" / f"{name}.log"))
        urls[name] = f"http://{LOOPBACK}:{function_port}"
    _await_answers(urls, data_dir / "logs")
    return urls


def _command(name: str, function: Function, port: int) -> list[str]:
    main = str(_ROOT / "functions" / name / "main.py")
    if function.interface == "server":
        return [sys.executable, main]
    return [
        *(sys.executable, "-m", "functions_framework", "--source", main),
        *("--target", name, "--signature-type", function.signature_type),
        *("--host", LOOPBACK, "--port", str(port)),
    ]


def _await_answers(urls: Mapping[str, str], logs: Path) -> None:
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
        httpx.get(f"{url}/healthz", timeout=5)
    except httpx.TransportError:
        return False
    return True
