"""The entry point of the Python client."""

from typing import Self

import httpx

from swell.client.collection import Collection
from swell.client.collections import Collections
from swell.client.coordination import Ballots, Regions
from swell.client.crowds import Calendar, Crowds
from swell.client.erasures import Erasures
from swell.client.operations import Operations
from swell.client.retries import RetryPolicy
from swell.client.transport import Transport


class Swell:
    """A Swell server.

    Connections are kept open between calls; `close` ends them, as does leaving the `with` block.
    Threads may share one client.

        with Swell("http://127.0.0.1:8080") as swell:
            swell.collections.create("words", dimension=50)
            words = swell.collection("words")
            receipt = words.upsert(ids=["goal"], vectors=vectors, wait="committed")
            print(words.query(id="goal", top_k=5, min_version=receipt.version).ids)
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8080",
        *,
        timeout_s: float = 30.0,
        retries: RetryPolicy | None = None,
        http_transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Connect to `url`; `http_transport` replaces the network, as tests do."""
        self._transport = Transport(url, timeout_s, retries or RetryPolicy(), http_transport)
        self.collections = Collections(self._transport)
        self.erasures = Erasures(self._transport)
        self.operations = Operations(self._transport)
        self.regions = Regions(self._transport)
        self.ballots = Ballots(self._transport)
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
        self._transport.send("GET", "/readyz")

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
