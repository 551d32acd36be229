"""Several regions on Google's emulators: queries, copies and commits of each in processes that can be killed."""

from contextlib import ExitStack
from functools import partial
from typing import Final

from shared.coordination.membership import Membership
from shared.ports.clock import SystemClock
from shared.topology import Topology
from swell.local.emulated_crowds import EmulatedCrowds
from swell.local.front_door import FrontDoor
from swell.local.launching import WRITES, Launcher, await_answers
from swell.local.provision import EmulatedPubSub
from swell.local.region_choice import RegionOptions
from swell.local.region_host import RegionHost
from swell.local.region_watch import RegionWatch
from swell.local.regional import regional_reads, running_regions
from swell.local.running import RunningSwell
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
    crowds = EmulatedCrowds(launcher)
    hosts = {
        region: RegionHost(region, launcher.url("query", region), [launcher.launch(name, region) for name in regional])
        for region in topology.regions
    }
    watch = RegionWatch(topology, speed=options.speed)
    membership = Membership(crowds.adapters.state, SystemClock())
    stack.enter_context(running_regions(hosts, watch, membership, options.revive_after_s))
    for region in topology.regions:
        await_answers({f"{name}-{region}": launcher.url(name, region) for name in regional}, launcher.logs)
    fleets = {region: crowds.fleet(region, partial(_runs, host)) for region, host in hosts.items()}
    crowds.follow(stack, fleets)
    writes = {region: launcher.url(WRITES, region) for region in _home_first(topology)}
    door = stack.enter_context(serve(WriteDoor(writes, for_all={"sweeps"}).app(), 0))
    pubsub.make_subscriptions(
        topology,
        topology.regions,
        lambda name, region: door if name == WRITES else launcher.url(name, region),
        launcher.push_secret,
    )
    tick = topology.schedules["region-tick"].model_copy(update={"cron": _EACH_SECOND})
    crowds.tick(stack, topology, {"region-tick": tick})
    reads = regional_reads(topology, hosts, watch, crowds.adapters.state, lambda region: fleets[region].urls)
    upstreams = {
        name: Upstream(launcher.url(name, None))
        for name in launcher.home_functions
        if topology.functions[name].trigger == "http"
    }
    closing = [reads.close, *(upstream.close for upstream in upstreams.values())]
    url = stack.enter_context(serve(FrontDoor(topology, {**upstreams, "query": reads}, closing), port))
    crowds.run_workflows(stack, url)
    logs = [launcher.logs / f"{name}.log" for name in launcher.home_functions]
    logs += [launcher.logs / f"{name}-{region}.log" for region in topology.regions for name in regional]
    return RunningSwell(url, logs, launcher.grpc, hosts)


def _runs(host: RegionHost) -> bool:
    return host.is_running


def _home_first(topology: Topology) -> list[str]:
    return sorted(topology.regions, key=lambda region: region != topology.home_region)
