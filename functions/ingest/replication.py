"""In which shape a collection is replicated, as its declaration asks for."""

from dataclasses import replace

from shared.coordination.races import retry_lost_races, version_of
from shared.ports.state import ABSENT, Put, StateStore
from shared.regions.paths import replication_document
from shared.regions.policy import ReplicationPolicy
from shared.regions.replication import Shape


class ReplicationShapes:
    """The shape of each collection; which regions follow is an operator's choice and stays."""

    def __init__(self, state: StateStore) -> None:
        self._state = state

    def of(self, collection: str) -> Shape:
        """The shape that regions copy in."""
        return ReplicationPolicy.from_document(self._state.get(replication_document(collection))).shape

    def choose(self, collection: str, shape: Shape) -> None:
        """Have regions copy in this shape from their next look on.

        Raises:
            RevisionConflict: others kept changing it.
        """
        retry_lost_races(lambda: self._try_to_choose(collection, shape), f"replication of {collection}")

    def _try_to_choose(self, collection: str, shape: Shape) -> None:
        path = replication_document(collection)
        document = self._state.get(path)
        policy = ReplicationPolicy.from_document(document)
        if policy.shape is not shape:
            chosen = replace(policy, shape=shape).to_document()
            self._state.commit([Put(path, chosen, if_version=version_of(document) or ABSENT)])
