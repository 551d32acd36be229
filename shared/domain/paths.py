"""Where everything is kept: state document paths and object names (ARCHITECTURE: storage and commits)."""

from typing import Final

COLLECTIONS: Final = "collections"
"""The declarations of all collections."""

GRAVES: Final = "graves"
"""Deleted collections whose objects may still be there."""

OPERATIONS: Final = "operations"
"""Long-running operations."""

OPEN_ERASURES: Final = "open_erasures"
"""Erasures about which there is something to do."""

SWEEP_CURSOR: Final = "control/sweep"
"""How far the last sweep came."""


def collection_document(collection: str) -> str:
    """The declaration of a collection."""
    return f"collections/{collection}"


def head_document(collection: str, shard: int) -> str:
    """The committed version of one shard, and who may compact it."""
    return f"collections/{collection}/heads/{shard}"


def commit_marker(collection: str, event_id: str) -> str:
    """Proof that one event has been committed."""
    return f"collections/{collection}/commits/{event_id}"


def sweep_document(collection: str, shard: int) -> str:
    """When garbage of a shard was last collected."""
    return f"collections/{collection}/sweeps/{shard}"


def grave_document(uid: str) -> str:
    """A deleted collection whose objects may still be there."""
    return f"{GRAVES}/{uid}"


def incarnation_prefix(collection: str, uid: str) -> str:
    """All objects of one incarnation of a collection have names that begin with this."""
    return f"collections/{collection}/{uid}/"


def shard_prefix(collection: str, uid: str, shard: int) -> str:
    """Under this prefix stand all objects of one shard of one incarnation of a collection."""
    return f"collections/{collection}/{uid}/{shard}"


def segment_file(collection: str, uid: str, shard: int, segment_id: str, file_name: str) -> str:
    """One immutable file of a segment."""
    return f"{shard_prefix(collection, uid, shard)}/segments/{segment_id}/{file_name}"


def manifest_object(collection: str, uid: str, shard: int, version: int, commit_id: str) -> str:
    """A manifest. The commit id makes the name of a commit that lost its race harmless to the one that won."""
    return f"{shard_prefix(collection, uid, shard)}/manifests/{version:012d}-{commit_id}.json"


def version_in(name: str) -> int:
    """The version in the name of a manifest."""
    return int(name.rsplit("/", 1)[-1].partition("-")[0])


def payload_object(collection: str, uid: str, shard: int, revision: int, event_id: str) -> str:
    """The payload of a mutation too large for one Pub/Sub message; each acceptance has its own."""
    return f"{payloads_prefix(shard_prefix(collection, uid, shard))}{revision:020d}-{event_id}.json"


def payloads_prefix(shard_prefix: str) -> str:
    """The payloads of a shard; their names go on with the revision."""
    return f"{shard_prefix}/payloads/"


def journals_prefix(shard_prefix: str) -> str:
    """The journals of a shard; their names go on with the revision."""
    return f"{shard_prefix}/updates/"


def journal_prefix(shard_prefix: str, revision: int) -> str:
    """The names of all journals of updates that left words with one revision begin with this."""
    return f"{journals_prefix(shard_prefix)}{revision:020d}-"


def journal_object(shard_prefix: str, revision: int, commit_id: str) -> str:
    """A journal of updates."""
    return f"{journal_prefix(shard_prefix, revision)}{commit_id}.json"


def revision_in(name: str) -> int:
    """The revision in the name of a payload or a journal."""
    return int(name.rsplit("/", 1)[-1].partition("-")[0])


def operation_document(operation: str) -> str:
    """How far a long-running operation is, and what came of it."""
    return f"{OPERATIONS}/{operation}"


def operation_object(operation: str, name: str) -> str:
    """What a running operation keeps between its steps."""
    return f"operations/{operation}/{name}"


def erasure_document(erasure: str) -> str:
    """What an erasure was asked to do."""
    return f"erasures/{erasure}"


def shard_erasure(erasure: str, shard: int) -> str:
    """How far an erasure is in one shard."""
    return f"erasures/{erasure}/shards/{shard}"


def region_erasure(erasure: str, region: str, shard: int) -> str:
    """What a region says of an erasure in its copy of one shard."""
    return f"erasures/{erasure}/regions/{region}~{shard}"


def open_erasure(erasure: str) -> str:
    """There as long as something is to do about an erasure."""
    return f"{OPEN_ERASURES}/{erasure}"
