"""What a region has to do to serve a version: pure, so that every crash and race can be played through.

The order is segments, manifest, head: a reader that sees a head finds everything it names.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from shared.domain.paths import segment_file
from shared.index.manifest import Manifest

TRUST_FOR: Final = timedelta(minutes=30)
"""A copy that no head names yet is taken up again within this time; later it is made anew.

A sweep spares what was stored within this time before its mark (`sweep_plan`), so that the two never meet.
"""


class CopyReason(StrEnum):
    """Why an object is copied."""

    MISSING = "missing"
    OTHER_SIZE = "other_size"
    TOO_OLD_TO_TRUST = "too_old_to_trust"


class PlanReason(StrEnum):
    """Why a plan is what it is."""

    BEHIND = "behind"
    FIRST_VERSION_HERE = "first_version_here"
    OTHER_INCARNATION = "other_incarnation"
    SYNCED = "synced"
    AHEAD = "ahead"


@dataclass(frozen=True)
class WantedFile:
    """One object that a version needs, and what it must be."""

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class Copy:
    """Copy an object from the source, and check it."""

    file: WantedFile
    reason: CopyReason


@dataclass(frozen=True)
class Verify:
    """Check an object that an unfinished sync has left: it need not be copied again."""

    file: WantedFile


@dataclass(frozen=True)
class CopyManifest:
    """Copy the manifest, when all it names is here."""

    name: str


@dataclass(frozen=True)
class MoveHead:
    """Make the version visible."""

    uid: str
    version: int
    manifest: str
    commit_id: str


Step = Copy | Verify | CopyManifest | MoveHead


@dataclass(frozen=True)
class Stored:
    """An object as it stands in the region's bucket."""

    size_bytes: int
    created_at: datetime


@dataclass(frozen=True)
class Have:
    """What a region has. `checked` are the names that its head's manifest lists: they were verified before it moved.

    `stored` are those of the wanted names that stand in the bucket and are not in `checked`.
    """

    uid: str | None = None
    version: int = 0
    checked: frozenset[str] = frozenset()
    stored: Mapping[str, Stored] | None = None


@dataclass(frozen=True)
class Want:
    """The version to serve."""

    manifest_name: str
    manifest: Manifest


@dataclass(frozen=True)
class SyncPlan:
    """Steps in the order in which they must be done; none when there is nothing to do."""

    steps: tuple[Step, ...]
    reason: PlanReason

    @property
    def bytes_to_copy(self) -> int:
        """What travels between the regions, the manifest left out."""
        return sum(step.file.size_bytes for step in self.steps if isinstance(step, Copy))


def plan_sync(have: Have, want: Want, now: datetime) -> SyncPlan:
    """How to get from what a region has to the version it should serve; forward only within one incarnation."""
    manifest = want.manifest
    if have.uid == manifest.uid and have.version >= manifest.version:
        return SyncPlan((), PlanReason.SYNCED if have.version == manifest.version else PlanReason.AHEAD)
    head = MoveHead(manifest.uid, manifest.version, want.manifest_name, manifest.commit_id)
    steps = (*_file_steps(have, want, now), CopyManifest(want.manifest_name), head)
    if have.uid is None:
        return SyncPlan(steps, PlanReason.FIRST_VERSION_HERE)
    return SyncPlan(steps, PlanReason.BEHIND if have.uid == manifest.uid else PlanReason.OTHER_INCARNATION)


def wanted_files(manifest: Manifest) -> Iterator[WantedFile]:
    """Every object that a version needs, oldest segment first."""
    for segment in manifest.segments:
        for file in segment.files:
            name = segment_file(manifest.collection, manifest.uid, manifest.shard, segment.id, file.name)
            yield WantedFile(name, file.size_bytes, file.sha256)


def _file_steps(have: Have, want: Want, now: datetime) -> Iterator[Step]:
    for file in wanted_files(want.manifest):
        if file.name in have.checked:
            continue
        stored = (have.stored or {}).get(file.name)
        if stored is None:
            yield Copy(file, CopyReason.MISSING)
        elif stored.size_bytes != file.size_bytes:
            yield Copy(file, CopyReason.OTHER_SIZE)
        elif now - stored.created_at >= TRUST_FOR:
            yield Copy(file, CopyReason.TOO_OLD_TO_TRUST)
        else:
            yield Verify(file)
