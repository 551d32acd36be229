"""What expects crowds on the emulators: schedules, one-shot jobs, workflows, and processes that come and go."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace

import httpx

from shared.adapters.opening import Adapters, open_adapters
from shared.adapters.stored.fleet import StoredFleet
from shared.adapters.stored.jobs import StoredJobs
from shared.settings import Settings
from shared.topology import Schedule, Topology
from swell.local.fleet import MOST_PROCESSES, QueryProcess, RegionFleet, following_fleet
from swell.local.launching import Launcher
from swell.local.processes import child_process
from swell.local.schedules import of_crowds, run_schedules
from swell.local.server import LOOPBACK, free_port
from swell.local.workflows.background import run_workflows


class EmulatedCrowds:
    """Google's schedulers, workflows and Cloud Run, in this process."""

    def __init__(self, launcher: Launcher) -> None:
        """The environment must name the emulators for as long as this is used."""
        self._launcher = launcher
        home = launcher.topology.home_region
        self._settings = Settings(runtime="google", project=launcher.emulators.project, bucket=launcher.buckets[home])
        self.adapters: Adapters = open_adapters(self._settings)

    def fleet(self, region: str, is_running: Callable[[], bool]) -> RegionFleet:
        """The processes of a region beside its own, each on a port of its own."""

        def start() -> QueryProcess:
            stack, url = ExitStack(), f"http://{LOOPBACK}:{free_port()}"
            launch = self._launcher.launch("query", region, url)
            process = stack.enter_context(child_process(launch.command, launch.environment, log=launch.log))
            return QueryProcess(stack, process, _Ready(url), url)

        return RegionFleet(is_running, start)

    def follow(self, stack: ExitStack, fleets: Mapping[str, RegionFleet]) -> None:
        """Keep regions at what they are set to, until the stack is closed."""
        quotas = dict.fromkeys(fleets, MOST_PROCESSES)
        stack.enter_context(following_fleet(fleets, StoredFleet(self.adapters.state), quotas, self._launcher.clock))

    def tick(self, stack: ExitStack, topology: Topology, changed: Mapping[str, Schedule]) -> None:
        """Run the schedules and the one-shot jobs, some schedules `changed`, until the stack is closed."""
        adapters = self.adapters
        crowds, others = of_crowds(topology)
        stack.enter_context(run_schedules({**others, **changed}, adapters.publisher, adapters.clock))
        jobs = StoredJobs(adapters.state)
        stack.enter_context(run_schedules(crowds, adapters.publisher, self._launcher.clock, jobs))

    def run_workflows(self, stack: ExitStack, url: str) -> None:
        """Take up executions until the stack is closed; their requests go to the functions at `url`.

        They show no token: processes of functions ask Google for certificates, and this machine needs none.
        """
        crowds = replace(self.adapters, clock=self._launcher.clock)
        stack.enter_context(run_workflows(crowds, url, self._settings, lambda _: None))


class _Ready:
    """Whether a process answers; once it has, nobody asks again."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._has_answered = False

    def __call__(self) -> bool:
        if not self._has_answered:
            try:
                self._has_answered = httpx.get(f"{self._url}/ready", timeout=2).status_code == httpx.codes.OK
            except httpx.TransportError:
                return False
        return self._has_answered
