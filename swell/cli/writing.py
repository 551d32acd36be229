"""Files that commands leave: whole, or as they were before."""

import os
from contextlib import suppress
from pathlib import Path

import typer

from swell.cli.failure import CommandFailed
from swell.cli.output import note


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file beside its place and move it there: what was there before stays until it is whole.

    Raises:
        CommandFailed: it cannot be written; what is wrong is named, such as a full disk.
    """
    content = content.encode() if isinstance(content, str) else content
    try:
        target = path.resolve()
        if target.exists() and not (target.is_file() and os.access(target.parent, os.W_OK)):  # a pipe, or a device
            target.write_bytes(content)
            return
        part = target.with_name(f".{target.name[:200]}.{os.getpid()}.part")
        try:
            part.write_bytes(content)
            part.replace(target)
        finally:
            with suppress(FileNotFoundError):
                part.unlink()
    except OSError as error:
        raise CommandFailed(f"{path}: {error.strerror}", code="unwritable") from error


def write_after_telling(path: Path, content: str | bytes) -> None:
    """The same once the command has printed what it found: then a failure is a line on stderr, and exit code 1."""
    try:
        write_whole(path, content)
    except CommandFailed as error:
        note(f"swell: {error}")
        raise typer.Exit(1) from error
