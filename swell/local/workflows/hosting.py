"""Workflows beside the functions of this machine."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from pydantic import Field

from shared.adapters.opening import Adapters
from shared.adapters.stored.callbacks import StoredCallbacks
from shared.settings import Settings
from swell.local.crowd_clock import CrowdClock
from swell.local.server import serve
from swell.local.workflows.callback_desk import CallbackServer
from swell.local.workflows.calls.sending import HttpxSender
from swell.local.workflows.reading import read_all
from swell.local.workflows.runner import Surroundings, WorkflowRunner, running
from swell.local.workflows.timing import SetTime, WallTime


class WorkflowSettings(Settings):
    """How workflows run on this machine."""

    workflow_speed: float = Field(
        default=1.0,
        gt=0,
        le=100_000,
        description="60: what workflows wait for an hour takes a minute, for rehearsals; on this machine",
    )


@contextmanager
def hosted(
    adapters: Adapters, url: str, settings: WorkflowSettings, token: Callable[[str], str | None]
) -> Iterator[WorkflowRunner]:
    """Take up executions until the block ends; their requests go to the functions at `url`, with these ID tokens."""
    clock = adapters.clock
    desk, sender = CallbackServer(StoredCallbacks(adapters.state, clock)), HttpxSender(token)
    around = Surroundings(
        state=adapters.state,
        clock=clock,
        publisher=adapters.publisher,
        sender=sender,
        desk=desk,
        variables={"SWELL_COORDINATION_URL": url, "SWELL_CONTROL_URL": url},
        time=SetTime(clock) if isinstance(clock, CrowdClock) else WallTime(settings.workflow_speed),
    )
    with ExitStack() as stack:
        stack.callback(sender.close)
        desk.url = stack.enter_context(serve(desk, 0))
        yield stack.enter_context(running(WorkflowRunner(read_all(), around)))
