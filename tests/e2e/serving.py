"""`swell up` as a person starts it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def serving(data: Path, *options: str) -> Iterator[tuple[dict[str, Any], "subprocess.Popen[str]"]]:
    """`swell up` in a process of its own, and the document with which it says that it is up."""
    command = [sys.executable, "-m", "swell", "up", "--port", "0", "--data", str(data), "--json", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        lines = []
        while (line := process.stdout.readline()) != "}\n":
            assert line, process.communicate()[1]
            lines.append(line)
        yield json.loads("".join([*lines, "}"])), process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()
