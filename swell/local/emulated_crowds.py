"""What expects crowds on the emulators: schedules, one-shot jobs, workflows, and processes that come and go."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from threading import Lock

import httpx

from shared.adapters.opening import Adapters, open_adapters
from shared.adapters.stored.fleet import StoredFleet
from shared.adapters.stored.jobs import StoredJobs
from shared.auth.key_record import Grant
from shared.auth.key_store import KeyStore
from shared.auth.scope import Scope
from shared.domain.tier import Tier
from shared.ports.clock import SystemClock
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

        They show no token of Google's, whose certificates are not asked for here, but a key of their own: none while
        nobody needs one.
        """
        crowds = replace(self.adapters, clock=self._launcher.clock)
        stack.enter_context(run_workflows(crowds, url, self._settings, _OwnKey(KeyStore(crowds.state, SystemClock()))))


class _OwnKey:
    """The key of this machine's workflows, made with the first request after somebody has made one."""

    def __init__(self, keys: KeyStore) -> None:
        self._keys = keys
        self._making = Lock()
        self._secret: str | None = None

    def __call__(self, _: str) -> str | None:
        with self._making:
            if self._secret is None and self._keys.any():
                grant = Grant("workflows", frozenset({Scope.READ, Scope.ADMIN}), tier=Tier.PREMIUM)
                self._secret = self._keys.create(grant, "swell up --emulators")[1]
            return self._secret


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
