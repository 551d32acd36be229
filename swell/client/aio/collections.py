"""Creating, listing and deleting collections."""

from collections.abc import Mapping
from typing import Any

from swell.client.aio.transport import AsyncTransport
from swell.client.asking import collection_path
from swell.client.results import CollectionDeclaration, CollectionDescription


class AsyncCollections:
    """The collections of a server."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(
        self,
        name: str,
        *,
        dimension: int,
        metric: str = "cosine",
        shards: int = 1,
        attributes: Mapping[str, str] | None = None,
        replication: str | None = None,
        home: str | None = None,
    ) -> CollectionDeclaration:
        """Create a collection; one that was created the same way before is simply returned.

        `attributes` maps names to types: string, integer, float, boolean or string_list.
        `replication`: mesh, hierarchical or hybrid. `home`: the region where a new collection commits.

        Raises:
            InvalidRequestError: a setting is out of its range.
            ConflictError: a collection of this name exists with other settings.
        """
        body: dict[str, Any] = {"dimension": dimension, "metric": metric, "shards": shards}
        body |= {"attributes": dict(attributes or {})}
        body |= {name: value for name, value in (("replication", replication), ("home", home)) if value is not None}
        return CollectionDeclaration.of(await self._transport.send("PUT", collection_path(name), body))

    async def list(self) -> list[CollectionDeclaration]:
        """Every collection."""
        answer = await self._transport.send("GET", "/v1/collections")
        return [CollectionDeclaration.of(document) for document in answer["collections"]]

    async def get(self, name: str) -> CollectionDescription:
        """One collection: its settings, its size and its segments, with every commit so far.

        Raises:
            NotFoundError: there is no collection of this name.
        """
        return CollectionDescription.of(await self.describe(name))

    async def describe(self, name: str) -> Mapping[str, Any]:
        """All that the server says of a collection, calibration of its segments included, as it says it.

        Raises:
            NotFoundError: there is no collection of this name.
        """
        document: Mapping[str, Any] = await self._transport.send("GET", collection_path(name))
        return document

    async def delete(self, name: str) -> None:
        """Delete a collection and everything in it.

        Raises:
            NotFoundError: there is no collection of this name.
        """
        # Not repeated after a lost answer: the second try would report as missing what the first one deleted.
        await self._transport.send("DELETE", collection_path(name), repeatable=False)
