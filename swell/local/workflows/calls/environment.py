"""`sys.get_env`, `sys.now`, `uuid.generate`: functions of the execution, remembered where they can change."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from swell.local.workflows.calls.signatures import ENVIRONMENT
from swell.local.workflows.failure import failure
from swell.local.workflows.journal import Strand
from swell.local.workflows.library.function import Function, take
from swell.local.workflows.timing import Time


@dataclass(frozen=True)
class Identity:
    """What the built-in environment variables say of an execution."""

    project: str
    location: str
    workflow: str
    revision: str
    execution: str

    def variables(self) -> dict[str, str]:
        """The built-in variables, by their documented names."""
        return {
            "GOOGLE_CLOUD_PROJECT_ID": self.project,
            "GOOGLE_CLOUD_PROJECT_NUMBER": "0",
            "GOOGLE_CLOUD_LOCATION": self.location,
            "GOOGLE_CLOUD_WORKFLOW_ID": self.workflow,
            "GOOGLE_CLOUD_WORKFLOW_REVISION_ID": self.revision,
            "GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID": self.execution,
            "GOOGLE_CLOUD_WORKFLOW_EXECUTION_ATTEMPT": "1",
            "GOOGLE_CLOUD_SERVICE_ACCOUNT_NAME": f"workflows@{self.project}.iam.gserviceaccount.com",
        }


def environment(
    identity: Identity, variables: Mapping[str, str], time: Time
) -> Callable[[Strand], Mapping[str, Function]]:
    """The functions of an execution whose workflow was deployed with these variables."""
    known = {**variables, **identity.variables()}

    def get_env(name: Any, default: Any) -> Any:
        if take("sys.get_env", name, str) in known:
            return known[name]
        if default is None:
            raise failure("KeyError", f"environment variable {name!r} is not set")
        return default

    def functions(strand: Strand) -> Mapping[str, Function]:
        runs: Mapping[str, Callable[..., Any]] = {
            "sys.now": lambda: strand.once("sys.now", lambda: time.now().timestamp()),
            "sys.get_env": get_env,
            "uuid.generate": lambda: strand.once("uuid.generate", lambda: str(uuid.uuid4())),
        }
        return {name: Function(name, parameters, runs[name]) for name, parameters in ENVIRONMENT.items()}

    return functions
