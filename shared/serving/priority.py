"""Who goes first where some must wait: what a request claims, bounded by what its tier may claim."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from shared.domain.tier import Tier
from shared.errors import FieldProblem, InvalidRequest, shortened

HEADER: Final = b"swell-priority"


class Priority(IntEnum):
    """Higher goes first."""

    LOW = 0
    NORMAL = 1
    HIGH = 2
    CRITICAL = 3


_USUAL: Final = {Tier.FREE: Priority.LOW, Tier.STANDARD: Priority.NORMAL, Tier.PREMIUM: Priority.HIGH}
_HIGHEST: Final = {Tier.FREE: Priority.LOW, Tier.STANDARD: Priority.HIGH, Tier.PREMIUM: Priority.CRITICAL}
_BY_NAME: Final = {priority.name.lower().encode(): priority for priority in Priority}


def priority_of(tier: Tier, headers: Mapping[bytes, bytes]) -> Priority:
    """The priority of a request. A claim above what the tier may have is lowered to that.

    Raises:
        InvalidRequest: the claim names no priority.
    """
    claimed = headers.get(HEADER)
    if claimed is None:
        return _USUAL[tier]
    priority = _BY_NAME.get(claimed)
    if priority is None:
        allowed = ", ".join(sorted(name.decode() for name in _BY_NAME))
        raise InvalidRequest(FieldProblem("Swell-Priority", shortened(claimed.decode("latin-1")), allowed))
    return min(priority, _HIGHEST[tier])
