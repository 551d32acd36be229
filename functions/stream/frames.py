"""What stream says to its clients: frames, the same over every transport."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, Final

import orjson

from shared.domain.versions import VersionVector
from shared.errors import SwellError
from shared.http import problem_document
from shared.index.answers import Match

Frame = Mapping[str, Any]

RECONNECT_AFTER_S: Final = 1.0
"""When an instance ends, its clients try the next one after this, and a random part of it more."""


def answer_frame(kind: str, subscription: str, matches: Sequence[Match], version: VersionVector) -> Frame:
    """The whole answer as of a version: `answer` the first time, `update` when it has changed."""
    described = [describe(match) for match in matches]
    return {
        "type": kind,
        "subscription": subscription,
        "matches": described,
        "version": str(version),
        "token": f"{version}/{digest(matches)}",
    }


def unchanged_frame(subscription: str, matches: Sequence[Match], version: VersionVector) -> Frame:
    """What the client has is still the answer."""
    return {
        "type": "unchanged",
        "subscription": subscription,
        "version": str(version),
        "token": f"{version}/{digest(matches)}",
    }


def ended_frame(subscription: str) -> Frame:
    """The subscription is no more, as the client wished."""
    return {"type": "ended", "subscription": subscription}


def error_frame(error: SwellError, subscription: str | None = None) -> Frame:
    """Problem details. With a subscription, that one is no more; without, it is about the connection."""
    about = {} if subscription is None else {"subscription": subscription}
    retry = error.headers.get("Retry-After")
    return {
        "type": "error",
        **about,
        "problem": problem_document(error),
        **({} if retry is None else {"retry_after_s": float(retry)}),
    }


def heartbeat_frame() -> Frame:
    """Still here."""
    return {"type": "heartbeat", "time": datetime.now(UTC).isoformat()}


def shutdown_frame() -> Frame:
    """This instance ends; another one goes on from the tokens."""
    return {"type": "shutdown", "retry_after_s": RECONNECT_AFTER_S}


def describe(match: Match) -> dict[str, Any]:
    """One match as a query describes it."""
    attributes = {} if match.attributes is None else {"attributes": match.attributes}
    return {"id": match.id, "score": match.score, **attributes}


def digest(matches: Sequence[Match]) -> str:
    """Tells answers apart. Scores to nine digits: processors may differ in the last ones."""
    told = [(match.id, f"{match.score:.9g}", match.attributes) for match in matches]
    return blake2b(orjson.dumps(told, option=orjson.OPT_SORT_KEYS), digest_size=8).hexdigest()
