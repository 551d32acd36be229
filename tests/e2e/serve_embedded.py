"""Serves embedded Swell from a directory until it is killed; the victim of the crash test."""

import sys
import time
from pathlib import Path

from swell.local.embedded import run_embedded

if __name__ == "__main__":
    with run_embedded(Path(sys.argv[1]), int(sys.argv[2])) as running:
        print(running.url, flush=True)  # noqa: T201 - the parent waits for this line
        time.sleep(3600)
