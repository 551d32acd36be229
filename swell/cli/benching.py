"""What several `swell bench` commands do and take."""

import importlib.util
import signal
from enum import StrEnum

from swell.cli.failure import CommandFailed
from swell.cli.output import note


class VectorsChoice(StrEnum):
    """What `--data` takes."""

    WORDNET = "wordnet"
    GLOVE = "glove"
    HARD = "hard"
    ALL = "all"


def require_checkout() -> None:
    """The benchmarks are not part of an installed package.

    Raises:
        CommandFailed: there are none here.
    """
    if importlib.util.find_spec("benchmarks") is None:
        raise CommandFailed("swell bench runs from a checkout of Swell; this is an installed package")


def interruptible() -> None:
    """Let a polite kill end the servers as Ctrl-C does, which a shell may have had us ignore."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)


def set_names(data: VectorsChoice) -> list[str]:
    """The data sets asked for; of *all*, those that this machine has. After `require_checkout`."""
    from benchmarks.vectors.catalog import NAMES, is_present  # noqa: PLC0415

    if data is not VectorsChoice.ALL:
        return [data.value]
    for name in NAMES:
        if not is_present(name):
            note(f"{name}: not on this machine, left out")
    return [name for name in NAMES if is_present(name)]
