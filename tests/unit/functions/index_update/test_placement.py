"""Writes placed in any order leave what they leave in the order they were accepted in."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.index_update.layers import Layer
from functions.index_update.placement import Placement, Verdict
from functions.index_update.record_writes import Patch, RecordWrite, Remove, Upsert
from functions.index_update.words import Word


def upsert(revision: int, value: float = 0.0, if_version: str | None = None, **attributes: Any) -> RecordWrite:
    """A write of record `a`."""
    return RecordWrite("a", 0, revision, Upsert(np.array([value], np.float32), attributes or None), if_version)


def patch(revision: int, value: float | None = None, if_version: str | None = None, **attributes: Any) -> RecordWrite:
    """An update of record `a`."""
    vector = None if value is None else np.array([value], np.float32)
    return RecordWrite("a", 0, revision, Patch(attributes, vector), if_version)


def remove(revision: int) -> RecordWrite:
    """A delete of record `a`."""
    return RecordWrite("a", 0, revision, Remove())


class Shard:
    """Commits writes one after another, each seeing only what is stored of those before."""

    def __init__(self) -> None:
        self.words: dict[str, Word] = {}
        self.layers: dict[tuple[str, int], Layer] = {}

    def commit(self, *group: RecordWrite) -> list[Verdict]:
        """Commit some writes together."""
        placement = Placement(self.words, lambda record_id, revision: self.layers.get((record_id, revision)))
        verdicts = [placement.place(write) for write in sorted(group, key=lambda write: write.revision)]
        self.words |= placement.changed
        self.layers |= placement.layers
        return verdicts

    @property
    def record(self) -> tuple[float, Mapping[str, Any] | None] | None:
        """Record `a` as a reader sees it."""
        word = self.words.get("a")
        return _seen(word) if word is not None and word.live else None


def _seen(word: Word) -> tuple[float, Mapping[str, Any] | None]:
    assert word.vector is not None
    return float(word.vector[0]), word.attributes


def test_an_update_changes_what_it_names_and_nothing_else() -> None:
    """Attributes merge, a null removes, the vector stays unless a new one is given."""
    shard = Shard()
    shard.commit(upsert(1, 5.0, kept=1, changed=1, removed=1))

    shard.commit(patch(2, changed=2, removed=None, new=[1]))
    shard.commit(patch(3, 7.0))

    assert (7.0, {"kept": 1, "changed": 2, "new": [1]}) == shard.record


def test_a_condition_holds_only_for_the_version_it_names() -> None:
    """A record at another version, or none, is a conflict, and nothing changes."""
    shard = Shard()
    shard.commit(upsert(10, 1.0))

    verdicts = [
        *shard.commit(upsert(11, 2.0, if_version="9")),
        *shard.commit(upsert(12, 2.0, if_version="absent")),
        *shard.commit(patch(13, 2.0, if_version="9")),
        *shard.commit(upsert(14, 3.0, if_version="10")),
    ]

    assert [Verdict.CONFLICT, Verdict.CONFLICT, Verdict.CONFLICT, Verdict.APPLIED] == verdicts
    assert (3.0, None) == shard.record


def test_absent_means_never_written_or_deleted() -> None:
    """A tombstone is no record; what takes its place is newer than it, whatever the clocks say."""
    shard = Shard()

    first = shard.commit(upsert(10, 1.0, if_version="absent"))
    shard.commit(remove(20))
    second = shard.commit(upsert(15, 2.0, if_version="absent"))

    assert [Verdict.APPLIED, Verdict.APPLIED] == [*first, *second]
    assert (2.0, None) == shard.record
    assert 21 == shard.words["a"].revision


def test_of_two_writes_on_one_condition_one_is_applied() -> None:
    """Compare-and-set on a record: the second one finds another version, in whatever order they come."""
    together, apart = Shard(), Shard()
    for shard in (together, apart):
        shard.commit(upsert(10, 1.0))

    both = together.commit(upsert(11, 2.0, if_version="10"), upsert(12, 3.0, if_version="10"))
    reversed_order = [
        *apart.commit(upsert(12, 3.0, if_version="10")),
        *apart.commit(upsert(11, 2.0, if_version="10")),
    ]

    assert [Verdict.APPLIED, Verdict.CONFLICT] == both == reversed_order


def test_an_update_before_its_upsert_waits_for_it() -> None:
    """It is reported as missing, and yet takes effect when the upsert accepted before it arrives."""
    shard = Shard()

    early = shard.commit(patch(20, x=2))
    before = shard.record
    shard.commit(upsert(10, 1.0, x=1, y=1))

    assert [Verdict.MISSING] == early
    assert before is None
    assert (1.0, {"x": 2, "y": 1}) == shard.record


def test_an_upsert_accepted_after_an_update_replaces_all_of_it() -> None:
    """The update waited for an upsert accepted before it, not for this one."""
    shard = Shard()

    shard.commit(patch(20, x=2))
    shard.commit(upsert(30, 1.0, y=1))

    assert (1.0, {"y": 1}) == shard.record


def test_an_update_of_a_deleted_record_does_not_bring_it_back() -> None:
    """It is missing, also when an older upsert arrives after both."""
    shard = Shard()
    shard.commit(upsert(10, 1.0))
    shard.commit(remove(20))

    verdicts = [*shard.commit(patch(30, x=1)), *shard.commit(upsert(15, 9.0))]

    assert [Verdict.MISSING, Verdict.SUPERSEDED] == verdicts
    assert shard.record is None


def _apply(history: Sequence[RecordWrite]) -> tuple[float, Mapping[str, Any] | None] | None:
    """What unconditional writes leave in the order they were accepted in."""
    state: tuple[float, dict[str, Any]] | None = None
    for write in history:
        match write.change:
            case Upsert(vector, attributes):
                state = (float(vector[0]), dict(attributes or {}))
            case Remove():
                state = None
            case Patch(attributes, vector) if state is not None:
                merged = {**state[1], **attributes}
                value = state[0] if vector is None else float(vector[0])
                state = (value, {name: item for name, item in merged.items() if item is not None})
    return (state[0], state[1] or None) if state else None


def test_a_late_write_is_told_from_one_that_got_its_revision() -> None:
    """A late upsert took revision 15 as its word; the upsert accepted with 15 is another one, and newer than all."""
    shard = Shard()
    for write in (patch(14, x=None), upsert(10, 1.0), upsert(15, 2.0), remove(12)):
        shard.commit(write)

    assert (2.0, None) == shard.record


_VALUES = st.one_of(st.none(), st.integers(0, 9))
_DIGITS = st.integers(0, 9)
_CHANGES: st.SearchStrategy[tuple[str, float | None, dict[str, Any]]] = st.one_of(
    st.builds(lambda v, x, y: ("upsert", float(v), {"x": x, "y": y}), _DIGITS, _DIGITS, _DIGITS),
    st.just(("remove", None, {})),
    st.builds(
        lambda v, attributes: ("patch", v if v is None else float(v), attributes),
        _VALUES,
        st.dictionaries(st.sampled_from("xyz"), _VALUES, min_size=1),
    ),
)


def _write(revision: int, kind: str, value: float | None, attributes: dict[str, Any]) -> RecordWrite:
    if kind == "remove":
        return remove(revision)
    return upsert(revision, value or 0.0, **attributes) if kind == "upsert" else patch(revision, value, **attributes)


@given(changes=st.lists(_CHANGES, min_size=1, max_size=9), randomness=st.randoms(use_true_random=False))
@settings(max_examples=300, deadline=None)
def test_order_and_grouping_of_arrival_do_not_matter(
    changes: list[tuple[str, float | None, dict[str, Any]]], randomness: Random
) -> None:
    """Upserts, updates and deletes, arriving in any order and any groups, leave what they leave in their own order."""
    # Revisions stand close together, as those of two instances may: words get revisions of later writes.
    history = [_write(10 + place, *change) for place, change in enumerate(changes)]
    arriving = randomness.sample(history, len(history))
    shard = Shard()

    while arriving:
        size = randomness.randint(1, len(arriving))
        shard.commit(*arriving[:size])
        arriving = arriving[size:]

    assert _apply(history) == shard.record


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0], [2, 0, 1], [0, 2, 1]])
def test_three_updates_of_one_attribute_end_in_the_last(order: list[int]) -> None:
    """Per attribute the update accepted last wins."""
    shard = Shard()
    shard.commit(upsert(1, 1.0, x=0))
    updates = [patch(10, x=1, y=1), patch(20, x=2), patch(30, z=3)]

    for place in order:
        shard.commit(updates[place])

    assert (1.0, {"x": 2, "y": 1, "z": 3}) == shard.record
