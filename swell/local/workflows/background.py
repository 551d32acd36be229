# ruff: noqa: PLC0415 - the interpreter loads after the first answer can be given
"""Workflows beside the functions of this machine, in a thread that loads what they need."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shared.adapters.opening import Adapters
from shared.errors import SwellError
from shared.settings import Settings
from shared.telemetry import log
from swell.local.threads import in_thread


@contextmanager
def run_workflows(
    adapters: Adapters, url: str, settings: Settings, token: Callable[[str], str | None]
) -> Iterator[None]:
    """Take up executions until the block ends; their requests go to the functions at `url`, with these ID tokens."""

    def host(stopped: threading.Event) -> None:
        from swell.local.workflows.hosting import WorkflowSettings, hosted

        try:
            chosen = WorkflowSettings(**settings.model_dump(include={"runtime", "project", "bucket", "data_dir"}))
            with hosted(adapters, url, chosen, token):
                stopped.wait()
        except (SwellError, ValueError) as error:
            log("ERROR", "workflows are not run", reason=str(error))

    with in_thread("workflow-host", host):
        yield
