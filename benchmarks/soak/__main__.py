"""`python -m benchmarks.soak --minutes 10`, as `swell bench soak`."""

import sys

from swell.cli.main import app

if __name__ == "__main__":
    app(["bench", "soak", *sys.argv[1:]])
