"""Where an evening with a crowd is played: a Swell of its own, whose crowd clock stands still until it is moved."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

from shared.adapters.opening import open_adapters
from shared.settings import Settings
from shared.topology import load_topology
from swell.local.crowd_clock import CrowdClock
from swell.local.crowd_evening import ENVIRONMENT, CrowdEvening, started_clock
from swell.local.crowd_story import CrowdStory
from swell.local.emulated import run_on_emulators
from swell.local.emulators import Emulators
from swell.local.processes import environment_with
from swell.local.region_choice import RegionOptions
from swell.local.regional import run_regions


@contextmanager
def crowd_story(data_dir: Path, *, emulators: bool) -> Iterator[CrowdStory]:
    """A story about to be played, on the emulators or in two embedded regions.

    Raises:
        ConfigurationError: an emulator is missing.
        DependencyUnavailable: a function did not come up.
    """
    region = load_topology().home_region
    clock = started_clock(CrowdClock(data_dir / "clock.json"))
    data_dir = data_dir.absolute()
    with ExitStack() as stack:
        settings = Settings(runtime="embedded", data_dir=data_dir)
        if emulators:
            running = stack.enter_context(Emulators.start(data_dir / "logs"))
            stack.enter_context(running.in_environment())
            settings = Settings(runtime="google", project=running.project, bucket="swell-local")
        adapters = open_adapters(settings)
        stack.enter_context(environment_with({**ENVIRONMENT, "SWELL_CROWD_CLOCK": str(clock.path.absolute())}))
        swell = stack.enter_context(
            run_on_emulators(data_dir) if emulators else run_regions(data_dir, options=RegionOptions(2))
        )
        http = stack.enter_context(httpx.Client(base_url=swell.url, timeout=60))
        yield CrowdStory(CrowdEvening(clock, adapters.state, region, http), region)
