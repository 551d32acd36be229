"""What is kept of a key: whose it is, what it may do, and a hash. State document `keys/{id}`."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final, Self

from shared.auth.caller import Caller
from shared.auth.scope import Scope
from shared.domain.rate_limit import RateLimit
from shared.domain.tenancy import DEFAULT_TENANT
from shared.domain.tier import Tier
from shared.moments import moment_of, text_of

KEYS: Final = "keys"


def key_document(key_id: str) -> str:
    """Where a key is kept."""
    return f"{KEYS}/{key_id}"


@dataclass(frozen=True)
class Grant:
    """What a key is good for."""

    label: str
    scopes: frozenset[Scope]
    tenant: str = DEFAULT_TENANT
    tier: Tier = Tier.STANDARD
    prefixes: tuple[str, ...] = ()
    rate: RateLimit | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True)
class KeyRecord:
    """A key as stored. A revoked one stays, so that its id tells who had it."""

    id: str
    sha256: str
    grant: Grant
    created_at: datetime
    created_by: str
    revoked_at: datetime | None = None
    revoked_by: str | None = None

    def is_valid(self, now: datetime) -> bool:
        """Whether it opens anything at this moment."""
        return self.revoked_at is None and (self.grant.expires_at is None or now < self.grant.expires_at)

    def revoked(self, at: datetime, by: str) -> Self:
        """The record of the same key from then on; the first revocation counts."""
        return self if self.revoked_at is not None else replace(self, revoked_at=at, revoked_by=by)

    def caller(self) -> Caller:
        """Its bearer."""
        grant = self.grant
        return Caller(self.id, grant.tenant, grant.tier, grant.scopes, grant.prefixes, grant.rate)

    def to_document(self) -> dict[str, Any]:
        """The state document."""
        grant = self.grant
        return {
            "sha256": self.sha256,
            "label": grant.label,
            "tenant": grant.tenant,
            "tier": grant.tier.value,
            "scopes": sorted(scope.value for scope in grant.scopes),
            "prefixes": list(grant.prefixes),
            "rate": None if grant.rate is None else asdict(grant.rate),
            "expires_at": text_of(grant.expires_at),
            "created_at": text_of(self.created_at),
            "created_by": self.created_by,
            "revoked_at": text_of(self.revoked_at),
            "revoked_by": self.revoked_by,
        }

    @classmethod
    def from_document(cls, key_id: str, document: Mapping[str, Any]) -> Self:
        """The key that a state document describes."""
        rate = document["rate"]
        return cls(
            id=key_id,
            sha256=document["sha256"],
            grant=Grant(
                label=document["label"],
                scopes=frozenset(Scope(scope) for scope in document["scopes"]),
                tenant=document["tenant"],
                tier=Tier(document["tier"]),
                prefixes=tuple(document["prefixes"]),
                rate=None if rate is None else RateLimit(rate["per_s"], rate["burst"]),
                expires_at=moment_of(document["expires_at"]),
            ),
            created_at=datetime.fromisoformat(document["created_at"]),
            created_by=document["created_by"],
            revoked_at=moment_of(document["revoked_at"]),
            revoked_by=document["revoked_by"],
        )
