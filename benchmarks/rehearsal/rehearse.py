"""One rehearsal, and all of them: from a scenario to its record."""

import gc
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks.rehearsal.result import Run
from benchmarks.scenarios.catalog import find_scenario
from benchmarks.scenarios.model import Scenario
from benchmarks.simulator.policies import Policy
from benchmarks.simulator.record import run_of
from benchmarks.simulator.setting import setting_for
from benchmarks.simulator.simulation import Simulation
from shared.telemetry import log_to
from shared.topology import load_topology

CHECKOUT: Final = Path(__file__).parents[2]
MODELS: Final = CHECKOUT / ".swell" / "rehearsal"


def rehearse(scenario: Scenario, policy: Policy, seed: int, *, kept_in: Path | None = MODELS) -> Run:
    """Play a scenario against the simulated fleet. The same arguments give the same record, but for its date."""
    with _quietly(), _without_collections():
        setting = setting_for(scenario, load_topology(), kept_in=kept_in)
        simulated = Simulation(scenario, policy, setting, seed).run()
        return run_of(simulated, setting.calibration, commit_of(CHECKOUT))


def rehearse_all(names: Sequence[str], policy: Policy, seed: int, *, processes: int) -> Iterator[Run]:
    """Several scenarios side by side, in their order."""
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(_named, names, [policy] * len(names), [seed] * len(names))


def commit_of(checkout: Path) -> str:
    """The commit that is checked out; "unknown" outside of one."""
    command = ["git", "-C", str(checkout), "rev-parse", "--short", "HEAD"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return found.stdout.strip()


def _named(name: str, policy: Policy, seed: int) -> Run:
    return rehearse(find_scenario(name), policy, seed)


@contextmanager
def _without_collections() -> Iterator[None]:
    """A run makes hardly any cycles, and what it holds until its end is bounded by its length: none is looked for."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def _quietly() -> Iterator[None]:
    """What the functions log is about a fleet that does not exist."""
    with Path("/dev/null").open("w", encoding="utf-8") as nowhere:
        log_to(nowhere)
        try:
            yield
        finally:
            log_to(None)
