"""A Swell of several regions that can be lost: `python -m benchmarks.live.regions_server COUNT DIRECTORY PORT`.

Says on stdout where it answers; takes `kill REGION` and `start REGION` from the pipe beside its directory.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Final

import orjson

from benchmarks.live.system import pipe_of
from swell.local.region_choice import RegionOptions
from swell.local.regional import run_regions

SPEED: Final = 60.0
"""As `swell up --regions` has it: what takes the policy of routes a minute takes a second."""


def main() -> None:
    """Serve until killed. A region that was killed comes back when that is said, and not before."""
    count, directory, port = int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    pipe = pipe_of(directory)
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe)
    with run_regions(directory, port, options=RegionOptions(count, speed=SPEED)) as running:
        sys.stdout.write(orjson.dumps({"grpc": running.grpc}).decode() + "\n")
        sys.stdout.flush()
        # Held open for writing as well, so that it does not end where one of those who write to it does.
        with os.fdopen(os.open(pipe, os.O_RDWR), "r") as commands:
            for line in commands:
                command, _, region = line.strip().partition(" ")
                if command == "kill":
                    running.regions[region].kill()
                elif command == "start":
                    running.regions[region].start()


if __name__ == "__main__":
    main()
