"""Several regions on Google's emulators: queries, copies and commits of each in processes that can be killed."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Final

from shared.adapters.google.publisher import GooglePublisher
from shared.adapters.google.state import FirestoreState
from shared.adapters.stored.jobs import StoredJobs
from shared.coordination.membership import Membership
from shared.ports.clock import SystemClock
from shared.topology import Topology
from swell.local.emulators import VARIABLES
from swell.local.front_door import FrontDoor
from swell.local.launching import WRITES, Launcher, await_answers
from swell.local.provision import EmulatedPubSub
from swell.local.region_choice import RegionOptions
from swell.local.region_host import RegionHost
from swell.local.region_watch import RegionWatch
from swell.local.regional import regional_reads, running_regions
from swell.local.running import RunningSwell
from swell.local.schedules import run_schedules
from swell.local.server import serve
from swell.local.upstream import Upstream
from swell.local.write_door import WriteDoor

_EACH_SECOND: Final = "* * * * * *"
"""Where regions tick so often, one that is lost is missed within seconds; all clocks are one."""


def serve_regions(
    stack: ExitStack, launcher: Launcher, pubsub: EmulatedPubSub, port: int, options: RegionOptions
) -> RunningSwell:
    """Serve until the stack is closed; the home functions run already."""
    topology, regional = launcher.topology, launcher.regional
    stack.enter_context(_environment(launcher.emulators.environment))
    project = launcher.emulators.project
    hosts = {
        region: RegionHost(region, launcher.url("query", region), [launcher.launch(name, region) for name in regional])
        for region in topology.regions
    }
    watch = RegionWatch(topology, speed=options.speed)
    state = FirestoreState(project)
    membership = Membership(state, SystemClock())
    stack.enter_context(running_regions(hosts, watch, membership, options.revive_after_s))
    for region in topology.regions:
        await_answers({f"{name}-{region}": launcher.url(name, region) for name in regional}, launcher.logs)
    writes = {region: launcher.url(WRITES, region) for region in _home_first(topology)}
    door = stack.enter_context(serve(WriteDoor(writes, for_all={"sweeps"}).app(), 0))
    pubsub.make_subscriptions(
        topology,
        topology.regions,
        lambda name, region: door if name == WRITES else launcher.url(name, region),
        launcher.push_secret,
    )
    tick = topology.schedules["region-tick"].model_copy(update={"cron": _EACH_SECOND})
    schedules = {**topology.schedules, "region-tick": tick}
    stack.enter_context(run_schedules(schedules, GooglePublisher(project), SystemClock(), StoredJobs(state)))
    reads = regional_reads(topology, hosts, watch, state)
    upstreams = {
        name: Upstream(launcher.url(name, None))
        for name in launcher.home_functions
        if topology.functions[name].trigger == "http"
    }
    closing = [reads.close, *(upstream.close for upstream in upstreams.values())]
    url = stack.enter_context(serve(FrontDoor(topology, {**upstreams, "query": reads}, closing), port))
    logs = [launcher.logs / f"{name}.log" for name in launcher.home_functions]
    logs += [launcher.logs / f"{name}-{region}.log" for region in topology.regions for name in regional]
    return RunningSwell(url, logs, launcher.grpc, hosts)


def _home_first(topology: Topology) -> list[str]:
    return sorted(topology.regions, key=lambda region: region != topology.home_region)


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """What Google's clients read, in this process, until the block ends."""
    environment = os.environ  # noqa: TID251 - Google's own
    before = {name: environment.get(name) for name in VARIABLES}
    environment.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                environment.pop(name, None)
            else:
                environment[name] = value
