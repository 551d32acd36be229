"""The environment of its own in which the peers are installed, once."""

import hashlib
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from benchmarks.vectors.catalog import CHECKOUT
from shared.errors import ConfigurationError

LOCK: Final = CHECKOUT / "benchmarks" / "requirements-peers.lock"
ENVIRONMENT: Final = CHECKOUT / ".swell" / "bench-env"
LOG: Final = CHECKOUT / ".swell" / "bench-env.log"
_INSTALL_WITHIN_S: Final = 1800


def peers_environment(note: Callable[[str], None]) -> Path:
    """The environment's bin directory; installs exactly what the lock names when that is not there.

    Raises:
        ConfigurationError: the installation failed; the log says why.
    """
    programs = ENVIRONMENT / "bin"
    marker = ENVIRONMENT / "made-from"
    recipe = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()
    if marker.is_file() and marker.read_text() == recipe:
        return programs
    started_s = time.monotonic()
    note(f"Installing the peers ({', '.join(_named())}) into {ENVIRONMENT.relative_to(CHECKOUT)}, once …")
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    ENVIRONMENT.parent.mkdir(parents=True, exist_ok=True)
    LOG.write_bytes(b"")
    _step([sys.executable, "-m", "venv", str(ENVIRONMENT)])
    pip = [str(programs / "python"), "-m", "pip", "--disable-pip-version-check", "install"]
    _step([*pip, "--require-hashes", "--no-deps", "-r", str(LOCK)])
    marker.write_text(recipe)  # last: whatever interrupts this, the next run starts again
    note(f"Installed in {time.monotonic() - started_s:.0f} s.")
    return programs


def _named() -> list[str]:
    """What is compared, as the lock's source names it: the lock itself lists all that these need."""
    lines = LOCK.with_suffix(".txt").read_text().splitlines()
    return [line.replace("==", " ") for line in lines if line and not line.startswith("#")]


def _step(command: Sequence[str]) -> None:
    with LOG.open("ab") as log:
        ended = subprocess.run(  # noqa: S603 - our own commands
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=_INSTALL_WITHIN_S, check=False
        )
    if ended.returncode != 0:
        said = LOG.read_text(errors="replace").strip().splitlines()
        raise ConfigurationError(f"the peers could not be installed: {said[-1] if said else '?'} (log: {LOG})")
