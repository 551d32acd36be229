"""How a command fails: one sentence, an exit code, never a traceback."""

from collections.abc import Mapping, Sequence
from typing import Final

_AFTER_CTRL_C: Final = 130
"""The exit code after Ctrl-C, as shells have it: 128 and the number of the signal."""


class CommandFailed(Exception):  # noqa: N818 - named for what happened, as its readers see it
    """A command could not do what it was asked; the text says why and what to do."""

    def __init__(
        self,
        sentence: str,
        *,
        code: str = "failed",
        problems: Sequence[Mapping[str, str]] = (),
        exit_code: int = 1,
    ) -> None:
        super().__init__(sentence)
        self.code = code
        self.problems = problems
        self.exit_code = exit_code


class Interrupted(CommandFailed):
    """Ctrl-C ended a command; the text says how far it came and how to go on."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, code="interrupted", exit_code=_AFTER_CTRL_C)
