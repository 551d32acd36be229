# Made from swell/client/aio/client.py by python -m swell.deploy.client_code: change that file.
"""The entry point of the Python client."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

from swell.client.cache import AnswerCache
from swell.client.collection import Collection
from swell.client.collections import Collections
from swell.client.coordination import Ballots, Regions, Tasks
from swell.client.crowds import Calendar, Crowds
from swell.client.erasures import Erasures
from swell.client.hedging import Hedging
from swell.client.operations import Operations
from swell.client.reports import OnRequest
from swell.client.retries import RetryPolicy
from swell.client.transport import Transport

if TYPE_CHECKING:
    import httpx


class Swell:
    """A Swell server.

    Connections are kept open between calls; `close` ends them, as does leaving the `with` block.
    Threads may share a client, and tasks an asynchronous one.

        with Swell("http://127.0.0.1:8080") as swell:
            swell.collections.create("words", dimension=50)
            words = swell.collection("words")
            receipt = words.upsert(ids=["goal"], vectors=vectors, wait="committed")
            nearest = words.query(id="goal", top_k=5, min_version=receipt.version)
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
        http_transport: "httpx.BaseTransport | None" = None,
    ) -> None:
        """Talk to the server at `url`, or to the nearest of several regions that answers: name them nearest first.

        `timeout_s` bounds each attempt of a call that states no deadline of its own. Without `cache` every read asks
        the server; without `hedging` each waits for its one request. With `find_regions` the server is asked for the
        regions that serve, and reads go there. `on_request` is told of each call when it is over. `http_transport`
        replaces the network.
        """
        self._transport = Transport(
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
        self.collections = Collections(self._transport)
        self.erasures = Erasures(self._transport)
        self.operations = Operations(self._transport)
        self.regions = Regions(self._transport)
        self.ballots = Ballots(self._transport)
        self.tasks = Tasks(self._transport)
        self.calendar = Calendar(self._transport)
        self.crowds = Crowds(self._transport)

    @property
    def url(self) -> str:
        """Where the server answers."""
        return self._transport.url

    def collection(self, name: str) -> Collection:
        """A handle on one collection."""
        return Collection(self._transport, name)

    def check_ready(self) -> None:
        """Return when the server can serve.

        Raises:
            ClientError: it cannot, or nothing answers.
        """
        self._transport.send("GET", "/ready")

    def serving_mode(self) -> str:
        """What the server gives up at present to save capacity or money, from "normal" to "emergency".

        A server that does not say is "unknown".
        """
        answer = self._transport.send("GET", "/v1/collections")
        return str(answer.get("serving_mode", "unknown"))

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
