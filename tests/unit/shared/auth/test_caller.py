"""What of the stored collections a caller sees."""

from hypothesis import given
from hypothesis import strategies as st

from shared.auth.caller import Caller
from shared.auth.scope import Scope
from shared.domain.limits import COLLECTION_NAME
from shared.domain.tenancy import DEFAULT_TENANT, TENANT_NAME, stored_name
from shared.domain.tier import Tier

NAMES = st.from_regex(COLLECTION_NAME, fullmatch=True)
TENANTS = st.one_of(st.just(DEFAULT_TENANT), st.from_regex(TENANT_NAME, fullmatch=True))


def _caller(tenant: str, *prefixes: str) -> Caller:
    return Caller("k", tenant, Tier.FREE, frozenset(Scope), prefixes)


def test_prefixes_say_which_collections_are_seen() -> None:
    """A name is seen that begins with any of them; without prefixes, every name is."""
    caller = _caller("acme", "team-", "docs")

    seen = [name for name in ("team-a", "docs", "docs2", "team", "other") if caller.sees(name)]

    assert ["team-a", "docs", "docs2"] == seen
    assert _caller("acme").sees("other")


@given(tenant=TENANTS, prefixes=st.lists(NAMES, max_size=3), owner=TENANTS, name=NAMES, asked=NAMES)
def test_whatever_is_asked_leads_to_what_is_owned(
    tenant: str, prefixes: list[str], owner: str, name: str, asked: str
) -> None:
    """No name that a caller can write leads to a stored collection that is not the caller's to see."""
    caller, stored = _caller(tenant, *prefixes), stored_name(owner, name)

    if caller.stored_name(asked) == stored:
        assert caller.owns(stored)
        assert (owner, name) == (tenant, asked)
    assert caller.owns(stored) == (owner == tenant and caller.sees(name))
