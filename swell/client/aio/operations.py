"""Looking at operations, waiting for them, calling them off, fetching what they made."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import quote

from swell.client.aio.transport import AsyncTransport
from swell.client.errors import OperationFailedError
from swell.client.operation import Operation

_FIRST_LOOK_S: Final = 0.05
_LONGEST_PAUSE_S: Final = 1.0
_RANGE_BYTES: Final = 8 << 20
"""Of one answer: below the 32 MiB that Cloud Run allows, and soon repeated where a connection breaks."""


class AsyncOperations:
    """What a server does on its own after it was asked to."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def get(self, operation: str) -> Operation:
        """How far an operation is.

        Raises:
            NotFoundError: there is none of this id.
        """
        return Operation.of(await self._transport.send("GET", _path(operation)))

    async def cancel(self, operation: str) -> Operation:
        """Call it off: it ends after its current step. What has ended stays as it is.

        Raises:
            NotFoundError: there is none of this id.
        """
        return Operation.of(await self._transport.send("POST", f"{_path(operation)}/cancel"))

    async def wait(self, operation: str, on_look: Callable[[Operation], None] = lambda _: None) -> Operation:
        """Look again and again until it is over; `on_look` is told each time.

        Raises:
            OperationFailedError: it failed, or was cancelled.
        """
        pause_s = _FIRST_LOOK_S
        while True:
            found = await self.get(operation)
            on_look(found)
            if found.is_over:
                break
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 1.3, _LONGEST_PAUSE_S)
        if found.state != "done":
            raise OperationFailedError(found)
        return found

    async def download(self, operation: str, target: Path, on_bytes: Callable[[int], None] = lambda _: None) -> int:
        """Write the file of a finished export to `target`, in ranges, and return its size.

        `target` appears when all of it is there. `on_bytes` is told of every range.

        Raises:
            ApiError: the operation has no file.
            OSError: the file cannot be written.
        """
        partial = target.with_name(f".{target.name}.partial")
        path = f"{_path(operation)}/file"
        size_bytes = await self._transport.size_of(path)
        try:
            with partial.open("wb") as file:
                while file.tell() < size_bytes:
                    end = min(file.tell() + _RANGE_BYTES, size_bytes)
                    content = await self._transport.read_range(path, file.tell(), end)
                    file.write(content)
                    on_bytes(len(content))
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
        return size_bytes

    async def remove_file(self, operation: str) -> None:
        """Remove the file of an export that named no place."""
        await self._transport.send("DELETE", f"{_path(operation)}/file")


def _path(operation: str) -> str:
    return f"/v1/operations/{quote(operation, safe='')}"
