"""An execution that was interrupted goes on from what it had learned."""

import threading
from typing import Any

import pytest

from swell.local.workflows.calls.http import Request, Response
from swell.local.workflows.failure import Interrupted
from tests.builders.workflows import Stage
from tests.fakes.workflow_functions import InProcessFunctions, answer
from tests.fakes.workflow_memory import MemoryJournal

_URL = "http://functions.test"

_SOURCE = f"""
main:
  steps:
    - id: {{assign: [id: "${{uuid.generate()}}", at: "${{sys.now()}}"]}}
    - first: {{call: http.post, args: {{url: "{_URL}/first", body: {{id: "${{id}}"}}}}, result: one}}
    - caught:
        try: {{call: http.post, args: {{url: "{_URL}/missing"}}}}
        except: {{as: e, steps: [note: {{assign: [code: "${{e.code}}"]}}]}}
    - rest: {{call: sys.sleep, args: {{seconds: 100}}}}
    - second: {{call: http.post, args: {{url: "{_URL}/second", body: {{id: "${{id}}"}}}}, result: two}}
    - answer: {{return: ["${{id}}", "${{at}}", "${{one.body}}", "${{two.body}}"]}}
"""


def _dies(_: Request, __: Any) -> Response:
    raise Interrupted


def test_what_was_learned_is_not_asked_again() -> None:
    """Calls that had ended are not made again; the one under way is; times and identifiers stay what they were."""
    before = InProcessFunctions({"POST /first": answer("first"), "POST /second": _dies})
    after = InProcessFunctions({"POST /second": answer("second")})
    journal = MemoryJournal()
    killed = Stage(before, journal=journal)
    with pytest.raises(Interrupted):
        killed.run(_SOURCE)

    resumed = Stage(after, journal=journal)
    identifier, at, one, two = resumed.run(_SOURCE)

    assert ["POST /first", "POST /missing", "POST /second"] == before.called()
    assert ["POST /second"] == after.called()
    assert before.bodies("POST /second") == after.bodies("POST /second") == [{"id": identifier}]
    assert (killed.time.now().timestamp() - 100, "first", "second") == (at, one, two)


def test_a_sleep_ends_when_it_would_have() -> None:
    """What is left of it is slept after the interruption, and no more."""
    journal = MemoryJournal()
    first = Stage(InProcessFunctions({"POST /first": answer(), "POST /second": _dies}), journal=journal)
    with pytest.raises(Interrupted):
        first.run(_SOURCE)

    later = Stage(InProcessFunctions({"POST /second": answer()}), journal=journal, time=first.time)
    later.run(_SOURCE)

    assert [100, 0] == first.time.waits


def test_branches_have_courses_of_their_own() -> None:
    """Whichever branch was first before the interruption: each finds its own answers."""
    source = f"""
        main:
          steps:
            - init: {{assign: [found: {{}}]}}
            - all:
                parallel:
                  shared: [found]
                  for:
                    value: v
                    range: [1, 6]
                    steps:
                      - ask: {{call: http.post, args: {{url: "{_URL}/ask", body: "${{v}}"}}, result: r}}
                      - keep: {{assign: ["found[string(v)]": "${{r.body}}"]}}
            - last: {{call: http.get, args: {{url: "{_URL}/last"}}}}
            - answer: {{return: "${{found}}"}}
        """
    guard, asked = threading.Lock(), []

    def ask(_: Request, body: Any) -> Response:
        with guard:
            asked.append(body)
        return answer(body * 10)

    journal = MemoryJournal()
    with pytest.raises(Interrupted):
        Stage(InProcessFunctions({"POST /ask": ask, "GET /last": _dies}), journal=journal).run(source)

    found = Stage(InProcessFunctions({"GET /last": answer()}), journal=journal).run(source)

    assert [1, 2, 3, 4, 5, 6] == sorted(asked)
    assert {str(v): v * 10 for v in range(1, 7)} == found


def test_a_journal_of_another_course_is_refused() -> None:
    """A changed workflow does not take one call's answer for another's."""
    journal = MemoryJournal()
    Stage(InProcessFunctions({"GET /a": answer()}), journal=journal).run(
        f"main: {{steps: [a: {{call: http.get, args: {{url: '{_URL}/a'}}}}]}}"
    )

    error = Stage(InProcessFunctions({}), journal=journal).failure(
        f"main: {{steps: [a: {{call: http.get, args: {{url: '{_URL}/b'}}}}]}}"
    )

    assert ["SystemError"] == error["tags"]
    assert f"GET {_URL}/a came here before, now GET {_URL}/b" in error["message"]


def test_the_history_tells_each_step_once() -> None:
    """A step that is passed again while resuming keeps its entry."""
    journal = MemoryJournal()
    stage = Stage(InProcessFunctions({"POST /first": answer(), "POST /second": _dies}), journal=journal)
    with pytest.raises(Interrupted):
        stage.run(_SOURCE)

    Stage(InProcessFunctions({"POST /second": answer()}), journal=journal, history=stage.history).run(_SOURCE)

    told = [(entry.step, entry.state) for entry in sorted(stage.history.entries.values(), key=lambda each: each.id)]
    assert [("id", "succeeded"), ("first", "succeeded"), ("caught", "succeeded"), ("caught", "failed")] == told[:4]
    assert [("note", "succeeded"), ("rest", "succeeded"), ("second", "succeeded"), ("answer", "succeeded")] == told[4:]
