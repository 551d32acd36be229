"""What a process tree holds, by what Linux says of it in /proc."""

import re
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_ESTABLISHED: Final = "01"


@dataclass(frozen=True)
class Usage:
    """Of one process. `anonymous_kb`: memory that no file stands behind; `open_files`: how often which is open."""

    threads: int
    sockets: int
    files: int
    anonymous_kb: int
    open_files: Mapping[str, int] = field(default_factory=dict)


def usage_of(pid: int) -> Usage:
    """What a process holds now."""
    status = (_PROC / str(pid) / "status").read_text()
    links = _links(pid)
    kinds = Counter(_kind(link) for link in links)
    return Usage(
        threads=_number("Threads", status),
        sockets=kinds["socket"],
        files=kinds["file"],
        anonymous_kb=_number("RssAnon", status),
        open_files=Counter(Path(link).name for link in links if _kind(link) == "file"),
    )


def tree_of(root: int) -> Mapping[str, int]:
    """The Python processes below and with `root`: the name of what each serves, and its pid."""
    found: dict[str, int] = {}
    for pid in (int(path.name) for path in _PROC.iterdir() if path.name.isdigit()):
        with suppress(OSError):
            command = (_PROC / str(pid) / "cmdline").read_bytes().decode().split("\0")
            if "swell.local.region_process" in command and _descends(pid, root):
                environment = (_PROC / str(pid) / "environ").read_bytes().decode()
                region = re.search(r"SWELL_REGION=([a-z0-9-]+)", environment)
                if region is not None:
                    found[region[1]] = pid
    return {"front": root, **found}


def connections_to(port: int) -> int:
    """Established TCP connections that a server on this loopback port holds."""
    lines = (_PROC / "net/tcp").read_text().splitlines()[1:]
    parts = [line.split() for line in lines]
    return sum(part[1].endswith(f":{port:04X}") and part[3] == _ESTABLISHED for part in parts)


def _descends(pid: int, root: int) -> bool:
    while pid > 1:
        if pid == root:
            return True
        pid = _number("PPid", (_PROC / str(pid) / "status").read_text())
    return False


def _links(pid: int) -> list[str]:
    links = []
    for path in (_PROC / str(pid) / "fd").iterdir():
        with suppress(OSError):
            links.append(str(path.readlink()))
    return links


def _kind(link: str) -> str:
    return "socket" if link.startswith("socket:") else "file" if link.startswith("/") else "other"


def _number(name: str, status: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+)", status, re.MULTILINE)
    return 0 if found is None else int(found[1])
