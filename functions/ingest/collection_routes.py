"""Collections over HTTP: translate requests, call the register, translate answers."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.ingest.collections import CollectionRegister
from functions.ingest.homes import CollectionHomes
from functions.ingest.replication import ReplicationShapes
from functions.ingest.requests import DeclareCollection
from shared.domain.collection import Collection
from shared.http import collection_name, json_response, read_body


class CollectionRoutes:
    """Declaring and deleting collections."""

    def __init__(self, register: CollectionRegister, shapes: ReplicationShapes, homes: CollectionHomes) -> None:
        self._register = register
        self._shapes = shapes
        self._homes = homes

    def routes(self) -> list[Route]:
        """As listed for `ingest` in topology.yaml."""
        one = "/v1/collections/{collection}"
        return [
            Route(one, self.declare, methods=["PUT"]),
            Route(one, self.delete, methods=["DELETE"]),
        ]

    async def declare(self, request: Request) -> Response:
        """Create a collection, or find it as declared; how it is replicated may be chosen again, its home not."""
        body = await read_body(request, DeclareCollection)
        begins = await run_in_threadpool(self._homes.checked, body.home)
        declaration = Collection(
            name=collection_name(request),
            uid="",
            dimension=body.dimension,
            metric=body.metric,
            shards=body.shards,
            attributes=body.attributes,
        )
        collection, created = await run_in_threadpool(self._register.declare, declaration, begins)
        if body.replication is not None:
            await run_in_threadpool(self._shapes.choose, collection.name, body.replication)
        shape = body.replication or await run_in_threadpool(self._shapes.of, collection.name)
        home = await run_in_threadpool(self._homes.of, collection.name)
        answer = {**collection.to_answer(), "replication": shape, "home": home}
        return json_response(answer, 201 if created else 200)

    async def delete(self, request: Request) -> Response:
        """Delete a collection and everything in it."""
        await run_in_threadpool(self._register.delete, collection_name(request))
        return Response(status_code=204)
