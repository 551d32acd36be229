"""What importing the client costs: less than what it works with."""

import subprocess
import sys

CODE = """
import sys, time
began_s = time.process_time()
import swell.client
took_s = time.process_time() - began_s
slow = [name for name in ("httpx", "numpy", "opentelemetry", "pydantic", "rich") if name in sys.modules]
import numpy, httpx
print(slow, took_s < (time.process_time() - began_s - took_s))
"""


def test_what_takes_long_loads_when_it_is_needed() -> None:
    """The first client loads httpx, the first vector numpy; nobody but their users waits for them.

    Processor time beside theirs, in one process: how fast the machine is, and what else it does, is the same for both.
    """
    printed = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)

    assert "[] True" == printed.stdout.strip()
