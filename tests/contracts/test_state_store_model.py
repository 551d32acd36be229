"""Any sequence of commits leaves what a dict with version numbers says it leaves."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.ports.state import ABSENT, Absent, Delete, PreconditionFailed, Put, StateStore, Write

IDS = ["a", "b", "c"]
NAMES = st.text(min_size=1, max_size=8).filter(lambda name: not (name.startswith("__") and name.endswith("__")))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.just("[]"), inner, max_size=4),
    max_leaves=8,
)
CONTENT = st.dictionaries(NAMES, JSON, max_size=3)


@dataclass(frozen=True)
class Step:
    """One write: what to do, under which condition. `content` None deletes."""

    id: str
    condition: str
    content: Mapping[str, Any] | None


STEPS = st.builds(
    Step,
    id=st.sampled_from(IDS),
    condition=st.sampled_from(["none", "none", "absent", "current", "old"]),
    content=st.none() | CONTENT,
).filter(lambda step: step.content is not None or step.condition != "absent")
BATCHES = st.lists(st.lists(STEPS, min_size=1, max_size=3, unique_by=lambda step: step.id), max_size=12)


@dataclass
class Model:
    """What the store should hold, and every version each document ever had."""

    contents: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    versions: dict[str, list[str]] = field(default_factory=lambda: {each: [] for each in IDS})

    def condition(self, step: Step) -> str | Absent | None:
        """The `if_version` of a step; a document that has no such version gives that of another."""
        versions = self.versions[step.id] or [version for each in self.versions.values() for version in each]
        if step.condition == "absent":
            return ABSENT
        if step.condition == "none" or not versions:
            return None
        return versions[-1] if step.condition == "current" else versions[0]

    def is_met(self, step: Step, condition: str | Absent | None) -> bool:
        """Whether the store must take the step."""
        if condition is ABSENT:
            return step.id not in self.contents
        return condition is None or (step.id in self.contents and self.versions[step.id][-1] == condition)

    def apply(self, step: Step, version: str) -> None:
        """The step was taken."""
        if step.content is None:
            self.contents.pop(step.id, None)
        else:
            self.contents[step.id] = step.content
            self.versions[step.id].append(version)


def run(state: StateStore, batches: list[list[Step]]) -> None:
    """Commit the batches to a fresh collection and compare after each."""
    collection, model = f"t{uuid4().hex}", Model()
    for batch in batches:
        conditions = [model.condition(step) for step in batch]
        writes = [_write(collection, *pair) for pair in zip(batch, conditions, strict=True)]
        if all(model.is_met(*pair) for pair in zip(batch, conditions, strict=True)):
            for step, version in zip(batch, state.commit(writes), strict=True):
                model.apply(step, version)
        else:
            with pytest.raises(PreconditionFailed):
                state.commit(writes)
        _compare(state, collection, model)


def _write(collection: str, step: Step, condition: str | Absent | None) -> Write:
    path = f"{collection}/{step.id}"
    if step.content is None:
        assert condition is not ABSENT
        return Delete(path, condition)
    return Put(path, step.content, condition)


def _compare(state: StateStore, collection: str, model: Model) -> None:
    """By a listing and by single reads: content, types and versions."""
    expected = [
        (name, json.dumps(model.contents[name], sort_keys=True), model.versions[name][-1])
        for name in sorted(model.contents)
    ]
    listed = state.list(collection)
    read = [found for found in state.get_many([f"{collection}/{name}" for name in IDS]) if found]
    for documents in (listed, read):
        assert expected == [
            (document.id, json.dumps(document.data, sort_keys=True), document.version) for document in documents
        ]


ONE_STORE_FOR_ALL = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@pytest.mark.parametrize("state", ["memory", "sqlite"], indirect=True)
@given(batches=BATCHES)
@settings(max_examples=80, deadline=None, suppress_health_check=ONE_STORE_FOR_ALL)
def test_commits_do_what_a_dict_does(state: StateStore, batches: list[list[Step]]) -> None:
    """Conditions are judged, batches applied whole, content and types kept, on the machine's own stores."""
    run(state, batches)


@pytest.mark.emulators
@pytest.mark.parametrize("state", ["firestore"], indirect=True)
@given(batches=BATCHES)
@settings(max_examples=12, deadline=None, suppress_health_check=ONE_STORE_FOR_ALL)
def test_commits_on_firestore_do_what_a_dict_does(state: StateStore, batches: list[list[Step]]) -> None:
    """The same, with fewer examples: each commit is a call of the emulator."""
    run(state, batches)
