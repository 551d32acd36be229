"""Carrying out a plan leads to the wanted version, whatever was there before, and in an order that readers survive."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.region_sync.sync_plan import (
    TRUST_FOR,
    Copy,
    CopyManifest,
    CopyReason,
    Have,
    MoveHead,
    PlanReason,
    Step,
    Stored,
    SyncPlan,
    Verify,
    Want,
    plan_sync,
    wanted_files,
)
from shared.index.manifest import Manifest
from shared.manifests import manifest_name
from tests.builders.manifests import START, UID, manifest

LONG_AGO = START - timedelta(days=1)


@dataclass
class Region:
    """A bucket and a head. `contents`: name → size, whether the bytes are right, when it was stored."""

    contents: dict[str, tuple[int, bool, datetime]] = field(default_factory=dict)
    head: Manifest | None = None
    manifests: set[str] = field(default_factory=set)

    def have(self, want: Want) -> Have:
        """What the plan is told."""
        checked = frozenset(file.name for file in wanted_files(self.head)) if self.head else frozenset()
        stored = {
            file.name: Stored(self.contents[file.name][0], self.contents[file.name][2])
            for file in wanted_files(want.manifest)
            if file.name in self.contents and file.name not in checked
        }
        if self.head is None:
            return Have(checked=checked, stored=stored)
        return Have(self.head.uid, self.head.version, checked, stored)

    def apply(self, step: Step, want: Want) -> None:
        """Do one step, as the service does it."""
        match step:
            case Copy(file):
                self.contents[file.name] = (file.size_bytes, True, START)
            case Verify(file):
                _, right, stored_at = self.contents[file.name]
                self.contents[file.name] = (file.size_bytes, True, stored_at if right else START)
            case CopyManifest(name):
                self.manifests.add(name)
            case MoveHead():
                self.head = want.manifest

    def is_readable(self) -> bool:
        """Whether everything that the head names is there and right."""
        if self.head is None:
            return True
        files = all(self.contents.get(file.name, (0, False, START))[1] for file in wanted_files(self.head))
        return files and manifest_name(self.head) in self.manifests


def wanting(version: int, segments: str, uid: str = UID) -> Want:
    """A version whose segments are the letters given."""
    described = manifest(version, segments, uid=uid)
    return Want(manifest_name(described), described)


def region_at(version: int, segments: str, uid: str = UID) -> Region:
    """A region that serves a version."""
    region = Region()
    want = wanting(version, segments, uid)
    for step in plan_sync(region.have(want), want, LONG_AGO).steps:
        region.apply(step, want)
    return region


wants = st.builds(
    wanting, st.integers(1, 5), st.sets(st.sampled_from("abcdef")).map(lambda each: "".join(sorted(each)))
)
leftovers = st.dictionaries(
    st.sampled_from([file.name for file in wanted_files(manifest(1, "abcdef"))]),
    st.tuples(st.sampled_from([1, 30]), st.booleans(), st.sampled_from([START, LONG_AGO])),
)


def test_a_new_region_copies_everything() -> None:
    """Segments, then the manifest, then the head."""
    plan = plan_sync(Have(), wanting(7, "ab"), START)

    assert [type(step) for step in plan.steps] == [Copy, Copy, Copy, Copy, CopyManifest, MoveHead]
    assert plan.reason is PlanReason.FIRST_VERSION_HERE
    assert plan.bytes_to_copy == sum(file.size_bytes for file in wanted_files(manifest(7, "ab")))


def test_only_what_is_missing_is_copied() -> None:
    """A commit adds one segment: that one travels."""
    want = wanting(2, "abc")
    plan = plan_sync(region_at(1, "ab").have(want), want, START)

    assert {step.file.name.split("/")[5] for step in plan.steps if isinstance(step, Copy)} == {"c"}
    assert plan.reason is PlanReason.BEHIND


@pytest.mark.parametrize(
    ("stored", "step"),
    [
        (None, CopyReason.MISSING),
        (Stored(1, START), CopyReason.OTHER_SIZE),
        (Stored(30, START - TRUST_FOR), CopyReason.TOO_OLD_TO_TRUST),
        (Stored(30, START - TRUST_FOR + timedelta(seconds=1)), Verify),
        (Stored(30, START + timedelta(hours=1)), Verify),
    ],
    ids=["missing", "other size", "old", "young", "from a clock that is ahead"],
)
def test_what_an_unfinished_sync_left(stored: Stored | None, step: object) -> None:
    """It is checked if it is young and as large as it should be; else it is copied anew."""
    want = wanting(1, "a")
    name = next(wanted_files(want.manifest)).name
    size = next(wanted_files(want.manifest)).size_bytes
    found = {} if stored is None else {name: Stored(size if stored.size_bytes == 30 else 1, stored.created_at)}

    first = plan_sync(Have(stored=found), want, START).steps[0]

    assert step in (type(first), getattr(first, "reason", None))


@pytest.mark.parametrize(
    ("have", "reason"),
    [
        (Have(UID, 3), PlanReason.SYNCED),
        (Have(UID, 4), PlanReason.AHEAD),
    ],
)
def test_a_head_never_goes_back(have: Have, reason: PlanReason) -> None:
    """An old announcement, or a second one, changes nothing."""
    assert plan_sync(have, wanting(3, "ab"), START) == SyncPlan((), reason)


def test_another_incarnation_starts_anew() -> None:
    """A collection declared again has versions of its own, and shares no object with the one before."""
    want = wanting(1, "a", uid="uid-2")
    plan = plan_sync(region_at(9, "ab").have(want), want, START)

    assert plan.reason is PlanReason.OTHER_INCARNATION
    assert len([step for step in plan.steps if isinstance(step, Copy)]) == 2


@given(wants, leftovers)
def test_a_plan_carried_out_gives_what_was_wanted(want: Want, left: dict[str, tuple[int, bool, datetime]]) -> None:
    """apply(plan(have, want)) == want, and then there is nothing left to do."""
    region = Region(dict(left))
    for step in plan_sync(region.have(want), want, START).steps:
        region.apply(step, want)

    assert region.head == want.manifest
    assert region.is_readable()
    assert plan_sync(region.have(want), want, START) == SyncPlan((), PlanReason.SYNCED)


@given(st.lists(st.tuples(wants, st.integers(0, 20)), min_size=1, max_size=6))
def test_a_reader_never_sees_a_head_without_its_objects(syncs: list[tuple[Want, int]]) -> None:
    """However far each sync gets before it dies, and whatever the next one wants, the head only moves forward."""
    region, versions = Region(), [0]
    for want, survives_steps in syncs:
        for step in plan_sync(region.have(want), want, START).steps[:survives_steps]:
            region.apply(step, want)
            assert region.is_readable()
        versions.append(region.head.version if region.head else 0)

    assert versions == sorted(versions)
