"""The entry point of the Python client."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

from swell.client.aio.collection import AsyncCollection
from swell.client.aio.collections import AsyncCollections
from swell.client.aio.coordination import AsyncBallots, AsyncRegions, AsyncTasks
from swell.client.aio.crowds import AsyncCalendar, AsyncCrowds
from swell.client.aio.erasures import AsyncErasures
from swell.client.aio.operations import AsyncOperations
from swell.client.aio.transport import AsyncTransport
from swell.client.cache import AnswerCache
from swell.client.hedging import Hedging
from swell.client.reports import OnRequest
from swell.client.retries import RetryPolicy

if TYPE_CHECKING:
    import httpx


class AsyncSwell:
    """A Swell server.

    Connections are kept open between calls; `close` ends them, as does leaving the `with` block.
    Threads may share a client, and tasks an asynchronous one.

        async with AsyncSwell("http://127.0.0.1:8080") as swell:
            await swell.collections.create("words", dimension=50)
            words = swell.collection("words")
            receipt = await words.upsert(ids=["goal"], vectors=vectors, wait="committed")
            nearest = await words.query(id="goal", top_k=5, min_version=receipt.version)
            print(nearest.ids)
    """

    def __init__(
        self,
        url: str | Sequence[str] = "http://127.0.0.1:8080",
        *,
        api_key: str | None = None,
        timeout_s: float = 30.0,
        retries: RetryPolicy | None = None,
        cache: AnswerCache | None = None,
        hedging: Hedging | None = None,
        find_regions: bool = False,
        on_request: OnRequest | None = None,
        http_transport: "httpx.AsyncBaseTransport | None" = None,
    ) -> None:
        """Talk to the server at `url`, or to the nearest of several regions that answers: name them nearest first.

        `timeout_s` bounds each attempt of a call that states no deadline of its own. Without `cache` every read asks
        the server; without `hedging` each waits for its one request. With `find_regions` the server is asked for the
        regions that serve, and reads go there. `on_request` is told of each call when it is over. `http_transport`
        replaces the network.
        """
        self._transport = AsyncTransport(
            url,
            timeout_s,
            retries or RetryPolicy(),
            http_transport,
            api_key=api_key,
            cache=cache,
            hedging=hedging,
            find_regions=find_regions,
            on_request=on_request,
        )
        self.collections = AsyncCollections(self._transport)
        self.erasures = AsyncErasures(self._transport)
        self.operations = AsyncOperations(self._transport)
        self.regions = AsyncRegions(self._transport)
        self.ballots = AsyncBallots(self._transport)
        self.tasks = AsyncTasks(self._transport)
        self.calendar = AsyncCalendar(self._transport)
        self.crowds = AsyncCrowds(self._transport)

    @property
    def url(self) -> str:
        """Where the server answers."""
        return self._transport.url

    def collection(self, name: str) -> AsyncCollection:
        """A handle on one collection."""
        return AsyncCollection(self._transport, name)

    async def check_ready(self) -> None:
        """Return when the server can serve.

        Raises:
            ClientError: it cannot, or nothing answers.
        """
        await self._transport.send("GET", "/ready")

    async def serving_mode(self) -> str:
        """What the server gives up at present to save capacity or money, from "normal" to "emergency".

        A server that does not say is "unknown".
        """
        answer = await self._transport.send("GET", "/v1/collections")
        return str(answer.get("serving_mode", "unknown"))

    async def aclose(self) -> None:
        """Close all connections."""
        await self._transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
