"""A state store that refuses to believe: every write is held against what must never happen."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.coordination.ballot import Ballot, Outcome
from shared.ports.state import Document, Put, StateStore, Write
from shared.regions.homes import Home, home_of

FIRST_HOME = "us-central1"


class WatchedState:
    """Checks each batch after it was applied, against the documents before it.

    `holds` says whether a region's bucket has a manifest, `written_by` which region made one.
    """

    def __init__(self, inner: StateStore, holds: Callable[[str, str], bool], written_by: Mapping[str, str]) -> None:
        self._inner = inner
        self._holds = holds
        self._written_by = written_by
        self.homes: dict[tuple[str, int], Home] = {}
        """By head and epoch."""
        self.history: dict[tuple[str, int], str] = {}
        """Manifests by head and version."""
        self.moves = 0

    def get(self, path: str) -> Document | None:
        """As the port."""
        return self._inner.get(path)

    def get_many(self, paths: Sequence[str]) -> list[Document | None]:
        """As the port."""
        return self._inner.get_many(paths)

    def list(self, collection: str, *, after: str = "", limit: int = 1000) -> "list[Document]":
        """As the port."""
        return self._inner.list(collection, after=after, limit=limit)

    def commit(self, writes: Sequence[Write]) -> Sequence[str]:
        """As the port; then look at what changed."""
        before = self._inner.get_many([write.path for write in writes])
        versions = self._inner.commit(writes)
        moved = False
        for write, was in zip(writes, before, strict=True):
            if isinstance(write, Put) and was is not None:
                moved |= self._look(write, was.data)
        if moved:
            self._look_at_leases(writes, before)
            self.moves += 1
        return versions

    def _look(self, put: Put, was: Mapping[str, Any]) -> bool:
        """Whether a home moved."""
        kind = put.path.split("/")[0]
        if kind == "ballots":
            _look_at_ballot(put, was)
        if kind == "leases":
            assert put.data["fencing_token"] >= was["fencing_token"], "a fencing token went back"
        return kind == "collections" and "/heads/" in put.path and self._look_at_head(put, was)

    def _look_at_head(self, put: Put, was: Mapping[str, Any]) -> bool:
        old, new = home_of(was, FIRST_HOME), home_of(put.data, FIRST_HOME)
        known = self.homes.setdefault((put.path, new.epoch), new)
        assert (known.region, known.ballot) == (new.region, new.ballot), f"two homes in epoch {new.epoch}"
        assert new.epoch >= old.epoch, "an epoch went back"
        assert new.epoch > old.epoch or new.region == old.region, "a home moved within its epoch"
        assert 0 <= put.data["version"] - was["version"] <= 1, "a version was lost or skipped"
        if put.data["version"] > was["version"]:
            assert self._written_by[put.data["manifest"]] == old.region == new.region, "a deposed home committed"
            self.history[put.path, put.data["version"]] = put.data["manifest"]
        else:
            assert put.data["manifest"] == was["manifest"], "a version changed"
        if put.data["manifest"] is not None:
            assert self._holds(new.region, put.data["manifest"]), f"{new.region} is home of what it does not have"
        return new.region != old.region

    def _look_at_leases(self, writes: Sequence[Write], before: Sequence[Document | None]) -> None:
        guards = [
            (write, was)
            for write, was in zip(writes, before, strict=True)
            if isinstance(write, Put) and write.path.startswith("leases/")
        ]
        assert len(guards) == 1, "a home moved without a lease"
        [(put, held)] = guards
        assert held is not None
        assert put.data["fencing_token"] == held.data["fencing_token"], "a home moved under a token that was displaced"
        assert held.data["expires_at"] > 0, "a home moved under a lease that was given back"


def _look_at_ballot(put: Put, was: Mapping[str, Any]) -> None:
    before, after = Ballot.from_data("b", was), Ballot.from_data("b", put.data)
    assert after.electorate == before.electorate, "an electorate changed"
    assert after.deadline == before.deadline, "a deadline changed"
    assert dict(after.votes) | dict(before.votes) == dict(after.votes), "a vote was changed or lost"
    for region, vote in after.votes.items():
        assert after.electorate[region] == vote.incarnation, "somebody voted who may not"
    if before.outcome is not None:
        assert (after.outcome, after.votes) == (before.outcome, before.votes), "an outcome changed"
    accepted = after.approvals * 2 > len(after.electorate)
    assert (after.outcome is Outcome.ACCEPTED) == accepted, "an outcome is not what the votes say"
