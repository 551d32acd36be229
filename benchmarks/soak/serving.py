"""The Swell that is soaked, in a process of its own: `python -m benchmarks.soak.serving DIRECTORY`.

Says on stdout where it answers; takes `kill REGION` on stdin, and ends where that ends.
"""

import sys
from pathlib import Path

import orjson

from swell.local.region_choice import RegionOptions
from swell.local.regional import run_regions

REGIONS = 2
REVIVE_AFTER_S = 4.0


def main() -> None:
    """Serve until stdin ends."""
    with run_regions(Path(sys.argv[1]), options=RegionOptions(REGIONS, revive_after_s=REVIVE_AFTER_S)) as running:
        told = {"url": running.url, "grpc": running.grpc, "regions": list(running.regions)}
        sys.stdout.write(orjson.dumps(told).decode() + "\n")
        sys.stdout.flush()
        for line in sys.stdin:
            command, _, region = line.strip().partition(" ")
            if command == "kill":
                running.regions[region].kill()


if __name__ == "__main__":
    main()
