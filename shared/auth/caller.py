"""Who makes a request, and what of the stored collections is theirs."""

from dataclasses import dataclass
from typing import Final

from shared.auth.scope import Scope
from shared.domain.rate_limit import RateLimit
from shared.domain.tenancy import DEFAULT_TENANT, public_name, stored_name, tenant_of, unseen_name
from shared.domain.tier import Tier


@dataclass(frozen=True, slots=True)
class Caller:
    """The bearer of a key. No `prefixes` means all collections of the tenant; no `rate` means that of the tier."""

    key_id: str
    tenant: str
    tier: Tier
    scopes: frozenset[Scope]
    prefixes: tuple[str, ...] = ()
    rate: RateLimit | None = None

    def sees(self, name: str) -> bool:
        """Whether a collection of this public name would be visible to the key."""
        return not self.prefixes or name.startswith(self.prefixes)

    def stored_name(self, name: str) -> str:
        """The stored name of what the caller calls `name`; of something that never exists where it may not see it."""
        return stored_name(self.tenant, name) if self.sees(name) else unseen_name(self.tenant, name)

    def owns(self, stored: str) -> bool:
        """Whether a stored collection is one that the caller sees."""
        return tenant_of(stored) == self.tenant and self.sees(public_name(stored))


LOCAL_OWNER: Final = Caller("local", DEFAULT_TENANT, Tier.PREMIUM, frozenset(Scope))
"""Whoever is at this machine, where no key was ever made."""
