"""Proves at start-up that the compiled Annoy runs on this machine.

An Annoy built for another processor (`-march=native`, its default) dies of SIGILL at the first query and takes
the server with it. So the test runs in a child process, whose death becomes an error that says what to do.
"""

import subprocess
import sys
from typing import Final

from shared.errors import ConfigurationError

_TIMEOUT_S: Final = 30
# Twelve points on a quarter circle: the order of the nearest to the first is their own order.
_PROGRAM: Final = """
import math, sys
from annoy import AnnoyIndex
for metric in ("angular", "euclidean"):
    index = AnnoyIndex(16, metric)
    index.set_seed(1)
    for i in range(64):
        angle = i * math.pi / 128
        index.add_item(i, [math.cos(angle), math.sin(angle)] * 8)
    index.build(4, 1)
    found = index.get_nns_by_item(0, 12, 10_000)
    if found != list(range(12)):
        sys.exit(f"{metric}: {found}")
"""


def check_annoy(python: str = sys.executable) -> None:
    """Search a tiny index whose answer is known, in a child process; takes about 50 ms.

    Raises:
        ConfigurationError: Annoy died, or answered wrongly.
    """
    result = subprocess.run(  # noqa: S603 - our own interpreter and program
        [python, "-c", _PROGRAM], capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
    )
    if result.returncode == 0:
        return
    if result.returncode < 0:
        raise ConfigurationError(
            f"annoy died of signal {-result.returncode}: it was compiled for another processor; "
            "install it again with ANNOY_COMPILER_ARGS without -march=native"
        )
    raise ConfigurationError(f"annoy answers wrongly: {result.stderr.strip()[-200:]}")
