"""What every `swell bench` command does first."""

import importlib.util
import signal

from swell.cli.failure import CommandFailed


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
