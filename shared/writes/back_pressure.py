"""When writes that add to the backlog are refused, so that what is accepted is committed in a time that can be said."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from shared.errors import TransientError
from shared.ports.backlog import Backlog


@dataclass(frozen=True)
class BacklogBounds:
    """The most that may wait. Once a bound is passed, writes are taken again below `resume_share` of every bound.

    Age counts only where `aged_from_messages` wait: one write that cannot be committed ages alone.
    """

    messages: int
    size_bytes: int
    oldest_s: float
    aged_from_messages: int
    resume_share: float = 0.5


@dataclass(frozen=True)
class Excess:
    """A bound that is passed, or was and has not been come back from: what was measured, and what is allowed."""

    measured: str
    allowed: str


class BacklogFull(TransientError):  # noqa: N818 - named for what is wrong, as RFC 9457 problem types are
    """Too much waits to be committed; deletes are taken all the same."""

    code = "backlog_full"

    def __init__(self, excess: Excess, retry_after_s: float) -> None:
        super().__init__(
            f"upserts and updates are not taken: {excess.measured} to be committed, allowed: {excess.allowed}"
        )
        self.retry_after_s = retry_after_s


_WHOLE: Final = 1.0


def excess_of(backlog: Backlog, bounds: BacklogBounds, *, refusing: bool) -> Excess | None:
    """Why writes are to be refused, or None. `refusing`: they are being refused, and so little less is not enough."""
    share = bounds.resume_share if refusing else _WHOLE
    until = f"; taken again below {bounds.resume_share:.0%} of it"
    for measured, allowed in _passed(backlog, bounds, share):
        return Excess(measured, allowed + until)
    return None


def _passed(backlog: Backlog, bounds: BacklogBounds, share: float) -> Iterator[tuple[str, str]]:
    if backlog.messages > share * bounds.messages:
        yield f"{backlog.messages:,} requests wait", f"{bounds.messages:,}"
    if backlog.size_bytes > share * bounds.size_bytes:
        yield f"{backlog.size_bytes:,} bytes wait", f"{bounds.size_bytes:,} bytes"
    aged = backlog.messages >= bounds.aged_from_messages
    if aged and backlog.oldest_s > share * bounds.oldest_s:
        yield f"for {backlog.oldest_s:,.0f} s requests wait", f"{bounds.oldest_s:,.0f} s"
