"""What may be compared: this checkout as it is, with other settings, or a commit of it; or a server that runs."""

import re
import subprocess
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.vectors.catalog import CHECKOUT
from shared.errors import SwellError
from swell.local.server import LOOPBACK

_SETTING: Final = re.compile(r"SWELL_[A-Z0-9_]+=[^,]*")
_URL: Final = re.compile(rf"http://(?:{re.escape(LOOPBACK)}|localhost):(\d{{1,5}})/?")
_WITHIN_S: Final = 60


class BadSide(SwellError):  # noqa: N818 - named for what is wrong
    """There is nothing of that name to compare."""

    code = "bad_side"


@dataclass(frozen=True)
class Side:
    """One of the two: settings are added to the environment of its server; `commit` None is the checkout as it is.

    `port`: it runs on this machine already, and is neither started nor ended.
    """

    name: str
    commit: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    port: int | None = None


def parse_side(text: str) -> Side:
    """`.`, `SWELL_NAME=VALUE` (several with commas between), a URL of this machine, or what Git knows as a commit.

    Raises:
        BadSide: it is none of them.
    """
    if text == ".":
        return Side(text)
    if "://" in text:
        return Side(text, port=_port_of(text))
    if "=" in text:
        parts = text.split(",")
        if wrong := [part for part in parts if not _SETTING.fullmatch(part)]:
            raise BadSide(f"side: got {wrong[0]!r}, allowed: SWELL_NAME=VALUE")
        named = (part.partition("=") for part in parts)
        return Side(text, settings={name: value for name, _, value in named})
    found = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{text}^{{commit}}")
    if found.returncode:
        raise BadSide(f"side: got {text!r}, allowed: '.', SWELL_NAME=VALUE, a URL, or a commit of {CHECKOUT}")
    return Side(text, commit=found.stdout.strip())


def _port_of(url: str) -> int:
    """Load is for this machine alone."""
    found = _URL.fullmatch(url)
    if found is None or not 0 < int(found[1]) < 65536:
        raise BadSide(f"side: got {url!r}, allowed: http://{LOOPBACK}:PORT, a server on the loopback of this machine")
    return int(found[1])


def environment_of(side: Side, directory: Path) -> dict[str, str]:
    """The environment in which `python -m swell` is this side; a commit is laid out in `directory` first.

    The programs that it depends on are those of this checkout.
    """
    if side.commit is None:
        return dict(side.settings)
    directory.mkdir(parents=True)
    archive = directory.with_suffix(".tar")
    if failed := _git("archive", "--format=tar", f"--output={archive}", side.commit).stderr:
        raise BadSide(f"{side.name}: git archive: {failed.strip()}")
    with tarfile.open(archive) as content:
        content.extractall(directory, filter="data")
    # What is started in our checkout would else take its modules from there.
    return {"PYTHONSAFEPATH": "1", "PYTHONPATH": str(directory), **side.settings}


def _git(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["git", "-C", str(CHECKOUT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=_WITHIN_S, check=False)  # noqa: S603
