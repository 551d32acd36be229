"""Several regions on one machine: home functions in this process, each region in one that can be killed."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Event

import httpx
import orjson

from shared.adapters.opening import open_adapters
from shared.adapters.stored.fleet import StoredFleet
from shared.coordination.member import Member
from shared.coordination.membership import Membership
from shared.edge import EdgeSettings, edge
from shared.errors import DependencyUnavailable
from shared.ports.clock import SystemClock
from shared.ports.state import StateStore
from shared.settings import Settings
from shared.telemetry import log, log_to
from shared.topology import Topology, load_topology
from swell.local.consumers import Machine
from swell.local.crowd_clock import clock_environment, crowd_clock
from swell.local.embedded import front_door, workflows_operate
from swell.local.events import handle_events
from swell.local.fleet import MOST_PROCESSES, beside, following_fleet
from swell.local.region_choice import RegionOptions, first_regions, folders
from swell.local.region_host import Launch, RegionHost
from swell.local.region_map import region_map
from swell.local.region_watch import RegionWatch
from swell.local.regional_reads import RegionalReads
from swell.local.running import RunningSwell
from swell.local.server import LOOPBACK, free_port, serve
from swell.local.threads import in_thread
from swell.local.workflows.background import run_workflows
from swell.local.workflows.issuer import LocalIssuer

_ROOT = Path(__file__).parents[2]
_PROBE_EVERY_S = 0.25
_PROBE_TIMEOUT_S = 2.0
_LISTEN_EVERY_S = 1.0


@contextmanager
def run_regions(data_dir: Path, port: int = 0, *, options: RegionOptions) -> Iterator[RunningSwell]:
    """Serve on a loopback port until the block ends; see `RunningSwell.regions` for what can be killed.

    Raises:
        ConfigurationError: the port is taken, or there are not so many regions.
        DependencyUnavailable: a region did not come up.
    """
    topology = load_topology()
    names = first_regions(topology, options.count)
    buckets = folders(topology, names)
    topology = topology.limited_to(names)
    logs = data_dir / "logs"
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)  # vectors and hashes of keys: not for other users
    logs.mkdir(exist_ok=True)
    settings = Settings(runtime="embedded", data_dir=data_dir, region=topology.home_region, buckets=dict(buckets))
    with (logs / "swell.log").open("a") as sink, ExitStack() as stack:
        log_to(sink)
        stack.callback(log_to, None)
        adapters = open_adapters(settings)
        clock = crowd_clock(data_dir)
        hosts = {name: _host(name, data_dir, buckets, clock_environment(clock)) for name in names}
        watch = RegionWatch(topology, speed=options.speed)
        membership = Membership(adapters.state, adapters.clock)
        stack.enter_context(handle_events(Machine(data_dir, adapters, MOST_PROCESSES, clock, buckets)))
        stack.enter_context(running_regions(hosts, watch, membership, options.revive_after_s))
        fleets, quotas = {name: beside(host) for name, host in hosts.items()}, dict.fromkeys(hosts, MOST_PROCESSES)
        stack.enter_context(following_fleet(fleets, StoredFleet(adapters.state), quotas, clock))
        middleware = edge(adapters, EdgeSettings(**settings.model_dump()))
        reads = regional_reads(topology, hosts, watch, adapters.state)
        port, grpc_port, issuer = port or free_port(), free_port(), LocalIssuer()
        door = front_door(
            data_dir,
            adapters,
            clock,
            middleware,
            reads,
            grpc_port=grpc_port,
            operators=workflows_operate(data_dir, port, issuer),
            closing=[reads.close],
            buckets=buckets,
            region_urls={name: host.url for name, host in hosts.items()},
        )
        url = stack.enter_context(serve(door, port))
        stack.enter_context(run_workflows(replace(adapters, clock=clock), url, settings, issuer.token))
        yield RunningSwell(
            url, [logs / "swell.log", *(logs / f"{name}.log" for name in names)], f"{LOOPBACK}:{grpc_port}", hosts
        )


def regional_reads(
    topology: Topology,
    hosts: Mapping[str, RegionHost],
    watch: RegionWatch,
    state: StateStore,
    more: Callable[[str], Sequence[str]] = lambda _: (),
) -> RegionalReads:
    """What stands in the front door for the query functions of all regions; `more`: further addresses of a region."""
    return RegionalReads(
        watch,
        {name: host.url for name, host in hosts.items()},
        default_origin=topology.home_region,
        region_map=lambda: region_map(topology, hosts, watch, state),
        more=more,
    )


@contextmanager
def running_regions(
    hosts: Mapping[str, RegionHost], watch: RegionWatch, membership: Membership, revive_after_s: float | None
) -> Iterator[None]:
    """Start the regions, watch them until the block ends, then stop them."""
    with ExitStack() as stack:
        for host in hosts.values():
            stack.callback(host.stop)
            host.start()
        for name, host in hosts.items():
            host.await_ready()
            watch.alive(name)
        watch.look()
        with in_thread("regions", partial(_watch, hosts, watch, membership, revive_after_s)):
            yield


def _watch(
    hosts: Mapping[str, RegionHost],
    watch: RegionWatch,
    membership: Membership,
    revive_after_s: float | None,
    stopped: Event,
) -> None:
    died_s: dict[str, float] = {}
    clock, listened_s = SystemClock(), float("-inf")
    with httpx.Client(timeout=_PROBE_TIMEOUT_S) as client:
        while not stopped.wait(_PROBE_EVERY_S):
            for name, host in hosts.items():
                _probe(client, name, host, watch)
                if host.is_running:
                    died_s.pop(name, None)
                elif revive_after_s is not None:
                    since_s = died_s.setdefault(name, time.monotonic())
                    if time.monotonic() - since_s >= revive_after_s:
                        log("NOTICE", "region started again", region=name)
                        host.start()
            if time.monotonic() - listened_s >= _LISTEN_EVERY_S:
                listened_s = time.monotonic()
                watch.heard(_members(membership), clock.now())
            watch.look()
        for host in hosts.values():  # what this thread started dies with it
            host.stop()


def _members(membership: Membership) -> Mapping[str, Member] | None:
    """By region; None while the state store does not answer."""
    try:
        return {member.region: member for member in membership.all()}
    except DependencyUnavailable:
        return None


def _probe(client: httpx.Client, name: str, host: RegionHost, watch: RegionWatch) -> None:
    try:
        ready = client.get(f"{host.url}/ready").status_code == httpx.codes.OK
    except httpx.ConnectError:
        watch.refused(name)
    except httpx.TransportError:
        watch.missed(name)
    else:
        (watch.alive if ready else watch.missed)(name)


def _host(region: str, data_dir: Path, buckets: Mapping[str, str], more: Mapping[str, str]) -> RegionHost:
    port = free_port()
    environment = {
        "PYTHONPATH": str(_ROOT),
        "PYTHONUNBUFFERED": "1",
        "SWELL_RUNTIME": "embedded",
        "SWELL_DATA_DIR": str(data_dir),
        "SWELL_REGION": region,
        "SWELL_BUCKETS": orjson.dumps(dict(buckets)).decode(),
        "SWELL_CACHE_DIR": str(data_dir / f"cache-{region}"),
        **more,
    }
    command = [sys.executable, "-m", "swell.local.region_process", str(port)]
    launch = Launch(command, environment, data_dir / "logs" / f"{region}.out")
    return RegionHost(region, f"http://127.0.0.1:{port}", [launch])
