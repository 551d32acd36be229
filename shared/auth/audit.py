"""The audit log of HTTP: one line for each write and each admin act. Who, what, with which outcome; no content.

Lines have the message `audit`, so a log sink can keep them apart, longer and out of reach. Acts on keys are audited in
the state store, in the batch that performs them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shared.auth.caller import Caller
from shared.telemetry import log

_ON_COLLECTION: Final = re.compile(r"/v1/collections/([a-z][a-z0-9-]{0,62})((?:/[a-z]+)?)")


_PLAIN: Final = re.compile(r"[a-z0-9][A-Za-z0-9._~@-]{0,99}")


@dataclass(frozen=True)
class Act:
    """What was asked for. `collection` as the caller names it, `object` the other names in the path."""

    name: str
    collection: str | None
    object: str | None = None


def act_of(method: str, path: str, route: str | None = None, names: Mapping[str, str] | None = None) -> Act:
    """The act that a request is: the route that it found, and the names in its path; before it found one, by the path.

    Of a path that is not ours nothing is kept: it may hold anything, a key too.
    """
    found = _ON_COLLECTION.fullmatch(path)
    if found is None:
        if route is None:
            return Act(f"{method} other", None)
        told = [name for name in (names or {}).values() if _PLAIN.fullmatch(name) and not name.startswith("swl_")]
        return Act(f"{method} {route}", None, " ".join(told) or None)
    return Act(f"{method} /v1/collections/{{collection}}{found[2]}", found[1])


def audit(caller: Caller, act: Act, status: int) -> None:
    """Write the line."""
    log(
        "NOTICE",
        "audit",
        key_id=caller.key_id,
        tenant=caller.tenant,
        act=act.name,
        collection=act.collection,
        object=act.object,
        outcome="done" if status < 400 else "refused" if status < 500 else "failed",
        status=status,
    )
