"""What clients say: subscribe, unsubscribe, authenticate, ping."""

import re
from typing import Annotated, Any, Literal

import orjson
from pydantic import Field, TypeAdapter, ValidationError

from shared.domain.limits import COLLECTION_NAME, MAX_REQUEST_BYTES, MAX_TOP_K
from shared.domain.versions import VersionVector
from shared.errors import FieldProblem, InvalidRequest, RequestTooLarge
from shared.http import RequestModel
from shared.request_problems import invalid_request
from shared.vectors import WireVector

_TOKEN = re.compile(r"([0-9:,]{0,1024})/([0-9a-f]{16})")


class Ask(RequestModel):
    """A standing query. `after` is the token of the last frame that the client saw of it."""

    collection: str = Field(pattern=f"^{COLLECTION_NAME.pattern}$")
    vector: WireVector
    top_k: int = Field(default=10, ge=1, le=MAX_TOP_K, strict=True)
    recall: float = Field(default=1.0, gt=0, le=1, strict=True)
    filter: dict[str, Any] | None = None
    min_score: float | None = Field(default=None, allow_inf_nan=False)
    include: list[Literal["attributes"]] = Field(default_factory=list, max_length=1)
    after: str | None = Field(default=None, max_length=1100)


class Subscribe(Ask):
    """Begin to follow; `subscription` is the client's own name for it."""

    type: Literal["subscribe"]
    subscription: str = Field(min_length=1, max_length=128)


class Unsubscribe(RequestModel):
    """Follow it no longer."""

    type: Literal["unsubscribe"]
    subscription: str = Field(min_length=1, max_length=128)


class Ping(RequestModel):
    """Answered by a heartbeat."""

    type: Literal["ping"]


class Authenticate(RequestModel):
    """The first message of a browser, which cannot set headers on a WebSocket."""

    type: Literal["authenticate"]
    key: str = Field(min_length=1, max_length=256)


Message = Annotated[Subscribe | Unsubscribe | Ping | Authenticate, Field(discriminator="type")]
_MESSAGE: TypeAdapter[Message] = TypeAdapter(Message)


def parse_message(text: str | bytes) -> Message:
    """A message of a client.

    Raises:
        InvalidRequest: it is not JSON, or none of the messages.
        RequestTooLarge: it is larger than a request may be.
    """
    if len(text) > MAX_REQUEST_BYTES:
        problem = FieldProblem("message", f"over {MAX_REQUEST_BYTES} bytes", f"at most {MAX_REQUEST_BYTES} bytes")
        raise RequestTooLarge(problem)
    try:
        return _MESSAGE.validate_python(orjson.loads(text))
    except orjson.JSONDecodeError:
        raise InvalidRequest(FieldProblem("message", "no JSON", "a JSON object")) from None
    except ValidationError as error:
        raise invalid_request(error) from None


def parse_token(token: str) -> tuple[VersionVector, str]:
    """The version and the digest of an answer that a client has.

    Raises:
        InvalidRequest: it is not a token.
    """
    found = _TOKEN.fullmatch(token)
    try:
        if found is not None:
            return VersionVector.parse(found[1]), found[2]
    except ValueError:
        pass
    raise InvalidRequest(FieldProblem("after", "something else", "the token of a frame"))
