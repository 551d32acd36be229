"""How the tenant enters the names of collections: two tenants may both have `words`.

Outside, a collection has the name that its tenant gave it. Inside (state paths, object names, events, caches, locks)
it has its stored name, `tenant.name`, which is one path part and which no public name can be, since those hold no full
stop. All code behind the edge handles one opaque name, and whatever is keyed by it is apart for each tenant. The
default tenant's stored names are its public ones: what was written before there were keys stays where it is.
"""

import re
from typing import Final

DEFAULT_TENANT: Final = "default"
TENANT_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,30}")
_SEPARATOR: Final = "."


def stored_name(tenant: str, name: str) -> str:
    """The name that a tenant's collection is stored under."""
    return name if tenant == DEFAULT_TENANT else f"{tenant}{_SEPARATOR}{name}"


def unseen_name(tenant: str, name: str) -> str:
    """A stored name that no collection ever has.

    A caller that may not see `name` looks this one up instead: it takes the way of a collection that does not exist,
    through the same reads to the same answer, so that neither answer nor time tells the two apart.
    """
    return f"{'' if tenant == DEFAULT_TENANT else tenant}{_SEPARATOR}{_SEPARATOR}{name}"


def public_name(stored: str) -> str:
    """The name that its tenant knows a collection by."""
    return stored.rpartition(_SEPARATOR)[2]


def tenant_of(stored: str) -> str:
    """The tenant whose collection this is."""
    return stored.partition(_SEPARATOR)[0] if _SEPARATOR in stored else DEFAULT_TENANT


def listing_start(tenant: str) -> str:
    """All of a tenant's stored names sort after this."""
    return "" if tenant == DEFAULT_TENANT else f"{tenant}{_SEPARATOR}"
