# ruff: noqa: ARG002 - whatever is asked, the answer is no
"""Users' files where there is no place for them."""

from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from shared.errors import FieldProblem, InvalidRequest, shortened
from shared.ports.files import StoredPart


class NoFiles:
    """A deployment without a place for users' files: every URI is refused."""

    def of_tenant(self, tenant: str) -> "NoFiles":
        """Nobody has files."""
        return self

    def check(self, uri: str) -> NoReturn:
        """Refuse.

        Raises:
            InvalidRequest: always.
        """
        raise InvalidRequest(
            FieldProblem("uri", shortened(uri, 200), "nothing: this deployment has no place for files")
        )

    def source(self, uri: str) -> NoReturn:
        """Refuse."""
        self.check(uri)

    def export_uri(self, name: str) -> NoReturn:
        """Refuse."""
        self.check(name)

    def write_part(self, uri: str, writer: str, content: Path, start: int) -> NoReturn:
        """Refuse."""
        self.check(uri)

    def finish(self, uri: str, writer: str, parts: Sequence[StoredPart], closing: Path) -> NoReturn:
        """Refuse."""
        self.check(uri)

    def remove(self, uri: str) -> NoReturn:
        """Refuse."""
        self.check(uri)

    def discard(self, uri: str, writer: str) -> NoReturn:
        """Refuse."""
        self.check(uri)
