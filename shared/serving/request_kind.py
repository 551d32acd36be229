"""What a request is for, from its method and path alone: the edge treats reads, writes and streams differently."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class RequestKind(StrEnum):
    """Kinds of requests."""

    READ = "read"
    """Search, fetch and describe: short, and bound by this instance's processors."""
    WRITE = "write"
    """Changes of records and collections."""
    BACKGROUND = "background"
    """Imports, exports and recall checks: nobody waits for them at a screen."""
    STREAM = "stream"
    """Answers that go on for as long as their reader likes."""


_BY_LAST_PART: Final[Mapping[str, RequestKind]] = {
    "import": RequestKind.BACKGROUND,
    "export": RequestKind.BACKGROUND,
    "recall": RequestKind.BACKGROUND,
    "stream": RequestKind.STREAM,
    "query": RequestKind.READ,
    "fetch": RequestKind.READ,
    "list": RequestKind.READ,
    "count": RequestKind.READ,
}


_COLLECTIONS: Final = "/v1/collections/"


def request_kind(scope_type: str, method: str, path: str) -> RequestKind:
    """The kind of a request."""
    if scope_type == "websocket":
        return RequestKind.STREAM
    if method in {"GET", "HEAD"}:
        return RequestKind.STREAM if path.endswith("/file") else RequestKind.READ
    kind = _BY_LAST_PART.get(path.rpartition("/")[2]) if method == "POST" else None
    if kind is RequestKind.BACKGROUND and not path.startswith(_COLLECTIONS):
        return RequestKind.WRITE  # a calendar is imported, too, and while money is short most of all
    return kind or RequestKind.WRITE
