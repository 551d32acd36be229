"""What the C library may keep of the memory of our processes."""

import ctypes
import os
from contextlib import suppress
from typing import Final

# glibc, malloc.h
_M_ARENA_MAX: Final = -8


def share_one_arena() -> None:
    """Have all threads of this process, and of those that it starts, allocate from one arena.

    glibc gives each thread its own, up to eight a core, and each keeps what was once needed in it. Python lets one
    thread run at a time, so they would hardly ever wait for one another. Other C libraries have no arenas to share.
    """
    os.environ.setdefault("MALLOC_ARENA_MAX", "1")  # noqa: TID251 - a setting of a library, read when a process starts
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
