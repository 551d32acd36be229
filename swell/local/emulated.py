"""Every function in its own process under functions-framework, joined by Google's emulators with push."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import Popen

from shared.topology import load_topology
from swell.local.crowd_clock import crowd_clock
from swell.local.emulated_crowds import EmulatedCrowds
from swell.local.emulated_regions import serve_regions
from swell.local.emulators import Emulators
from swell.local.front_door import FrontDoor
from swell.local.launching import Launcher, await_answers
from swell.local.processes import child_process
from swell.local.provision import EmulatedPubSub, make_bucket
from swell.local.region_choice import RegionOptions, first_regions
from swell.local.running import RunningSwell
from swell.local.server import serve
from swell.local.upstream import Upstream


@contextmanager
def run_on_emulators(data_dir: Path, port: int = 0, *, regions: RegionOptions | None = None) -> Iterator[RunningSwell]:
    """Serve on a loopback port until the block ends; port 0 takes a free one.

    Emulators that the environment names (all three `*_EMULATOR_HOST`) are used; otherwise own ones are started.
    With `regions`, query and region sync have a process in each.

    Raises:
        ConfigurationError: an emulator is missing (the message says how to get it), or the port is taken.
        DependencyUnavailable: a function did not come up.
    """
    topology = load_topology()
    names = first_regions(topology, regions.count) if regions else [topology.home_region]
    logs = data_dir / "logs"
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)  # vectors and hashes of keys: not for other users
    logs.mkdir(exist_ok=True)
    with ExitStack() as stack:
        emulators = stack.enter_context(Emulators.start(logs))
        stack.enter_context(emulators.in_environment())
        launcher = Launcher(topology.limited_to(names), emulators, data_dir, crowd_clock(data_dir))
        for bucket in launcher.buckets.values():
            make_bucket(emulators.environment["STORAGE_EMULATOR_HOST"], emulators.project, bucket)
        pubsub = EmulatedPubSub(emulators.environment["PUBSUB_EMULATOR_HOST"], emulators.project)
        pubsub.make_topics(topology)
        processes = {}
        for name in launcher.home_functions:
            launch = launcher.launch(name, topology.home_region)
            processes[name] = stack.enter_context(child_process(launch.command, launch.environment, log=launch.log))
        await_answers({name: launcher.url(name, None) for name in launcher.home_functions}, launcher.logs)
        if regions:
            yield serve_regions(stack, launcher, pubsub, port, regions)
        else:
            yield _serve_alone(stack, launcher, pubsub, port, processes["query"])


def _serve_alone(
    stack: ExitStack, launcher: Launcher, pubsub: EmulatedPubSub, port: int, query: Popen[bytes]
) -> RunningSwell:
    topology = launcher.topology
    crowds = EmulatedCrowds(launcher)
    fleet = crowds.fleet(topology.home_region, lambda: query.poll() is None)
    pubsub.make_subscriptions(topology, (), launcher.url, launcher.push_secret)
    urls = {name: launcher.url(name, None) for name in launcher.home_functions}
    upstreams = {name: Upstream(url) for name, url in urls.items() if topology.functions[name].trigger == "http"}
    upstreams["query"] = Upstream(urls["query"], lambda: fleet.urls)
    door = FrontDoor(topology, upstreams, [upstream.close for upstream in upstreams.values()])
    logs = [launcher.logs / f"{name}.log" for name in urls]
    url = stack.enter_context(serve(door, port))
    crowds.follow(stack, {topology.home_region: fleet})
    crowds.tick(stack, topology, {})
    crowds.run_workflows(stack, url)
    return RunningSwell(url, logs, launcher.grpc)
