"""How a command fails: one sentence, exit code 1, never a traceback."""

from collections.abc import Mapping, Sequence


class CommandFailed(Exception):  # noqa: N818 - named for what happened, as its readers see it
    """A command could not do what it was asked; the text says why and what to do."""

    def __init__(self, sentence: str, *, code: str = "failed", problems: Sequence[Mapping[str, str]] = ()) -> None:
        super().__init__(sentence)
        self.code = code
        self.problems = problems
