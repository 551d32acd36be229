"""What the C library keeps of the memory of a local process."""

import platform
import subprocess
import sys

import pytest

_PROGRAM = """
import re, sys, threading
from swell.local.memory import share_one_arena

if sys.argv[1] == "shared":
    share_one_arena()
held, together = [], threading.Barrier(5)

def allocate():
    held.append([bytes(50_000) for _ in range(20)])
    together.wait(30)
    together.wait(30)

threads = [threading.Thread(target=allocate) for _ in range(4)]
for thread in threads:
    thread.start()
together.wait(30)
reserved = re.findall(r"^([0-9a-f]+)-([0-9a-f]+) ---p 00000000 00:00 0 *$", open("/proc/self/maps").read(), re.M)
print(sum(32 << 20 < int(end, 16) - int(start, 16) < 64 << 20 for start, end in reserved))
together.wait(30)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have no arenas")
def test_threads_allocate_from_one_arena() -> None:
    """Without it each thread has one of its own, with up to 64 MB reserved for it."""
    arenas = {how: _arenas(how) for how in ("shared", "as it is")}

    assert arenas == {"shared": 0, "as it is": 4}


def _arenas(how: str) -> int:
    command = [sys.executable, "-c", _PROGRAM, how]
    # No MALLOC_ARENA_MAX that whoever runs the tests has set.
    return int(subprocess.run(command, check=True, capture_output=True, timeout=60, env={}).stdout)
