# Made from swell/client/aio/erasures.py by python -m swell.deploy.client_code: change that file.
"""Looking at erasures."""

from urllib.parse import quote

from swell.client.erasure import Erasure
from swell.client.transport import Transport


class Erasures:
    """What is being erased, and what was."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get(self, erasure: str) -> Erasure:
        """How far an erasure is.

        Raises:
            NotFoundError: there is none of this id.
        """
        return Erasure.of(self._transport.send("GET", f"/v1/erasures/{quote(erasure, safe='')}"))
