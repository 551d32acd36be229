"""A process that runs a workflow until somebody kills it: `python -m … DIRECTORY URL`."""

import sys
import threading
from pathlib import Path

from shared.adapters.embedded.state import SqliteState
from shared.ports.clock import SystemClock
from shared.ports.state import StateStore
from swell.local.workflows.calls.http import Sender
from swell.local.workflows.calls.sending import HttpxSender
from swell.local.workflows.reading import read
from swell.local.workflows.runner import Surroundings, WorkflowRunner
from tests.builders.workflows import OneCallback
from tests.fakes.publisher import RecordingPublisher

SOURCE = """
main:
  params: [x]
  steps:
    - first: {call: http.post, args: {url: "${sys.get_env(\\"URL\\") + \\"/first\\"}", body: "${x}"}, result: one}
    - second: {call: http.post, args: {url: "${sys.get_env(\\"URL\\") + \\"/second\\"}", body: "${x}"}, result: two}
    - answer: {return: ["${one.body}", "${two.body}"]}
"""


def runner(state: StateStore, url: str, sender: Sender) -> WorkflowRunner:
    """The process and the test each have one, on the same documents."""
    clock = SystemClock()
    around = Surroundings(
        state=state,
        clock=clock,
        publisher=RecordingPublisher(),
        sender=sender,
        desk=OneCallback(),
        variables={"URL": url},
    )
    return WorkflowRunner({"two_calls": read("two_calls", SOURCE)}, around)


if __name__ == "__main__":
    runner(SqliteState(Path(sys.argv[1]) / "state.db"), sys.argv[2], HttpxSender()).take_up()
    threading.Event().wait()
