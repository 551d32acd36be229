"""What goes wrong: a definition that cannot be deployed, and errors that a running workflow can catch."""

from collections.abc import Sequence
from typing import Any, ClassVar

from shared.errors import PermanentError


class InvalidWorkflow(PermanentError):  # noqa: N818 - named for what is wrong
    """The file is not a workflow, breaks a rule of the language, or uses what is not interpreted here.

    `problems` names each, with the step where it is.
    """

    code: ClassVar[str] = "invalid_workflow"

    def __init__(self, name: str, problems: Sequence[str]) -> None:
        super().__init__(f"workflow {name!r}: " + "; ".join(problems))
        self.problems = tuple(problems)


class Raised(Exception):  # noqa: N818 - the workflow's own error on its way to an `except`
    """An error in a running workflow. `payload` is what `except: as` sees: a map with tags, or what was raised."""

    def __init__(self, payload: Any) -> None:
        super().__init__(payload)
        self.payload = payload


class Cancelled(Exception):  # noqa: N818 - not an error: nobody catches it but the runner
    """The execution was cancelled; no step of the workflow sees this."""


class Interrupted(Exception):  # noqa: N818 - the same
    """This process ends: the execution goes on in the next one."""


def failure(tag: str, message: str, **more: Any) -> Raised:
    """An error of the documented form: a map with `tags` and `message`, and what belongs to the tag."""
    return Raised({"tags": [tag], "message": message, **more})
