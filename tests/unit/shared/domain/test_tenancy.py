"""Names of tenants and collections: one stored name each, and no way to name another tenant's."""

from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.documents import split_document
from shared.adapters.object_names import check_object_name
from shared.domain.limits import COLLECTION_NAME
from shared.domain.paths import collection_document, shard_prefix
from shared.domain.tenancy import (
    DEFAULT_TENANT,
    TENANT_NAME,
    listing_start,
    public_name,
    stored_name,
    tenant_of,
    unseen_name,
)

TENANTS = st.one_of(st.just(DEFAULT_TENANT), st.from_regex(TENANT_NAME, fullmatch=True))
NAMES = st.from_regex(COLLECTION_NAME, fullmatch=True)


@given(tenant=TENANTS, name=NAMES)
def test_a_stored_name_tells_its_tenant_and_its_public_name(tenant: str, name: str) -> None:
    """Both come back as they went in."""
    stored = stored_name(tenant, name)

    assert (tenant, name) == (tenant_of(stored), public_name(stored))


@given(one=st.tuples(TENANTS, NAMES), other=st.tuples(TENANTS, NAMES))
def test_no_two_collections_share_a_stored_name(one: tuple[str, str], other: tuple[str, str]) -> None:
    """Stored names are equal only where tenant and name are."""
    assert (stored_name(*one) == stored_name(*other)) == (one == other)


@given(seeker=st.tuples(TENANTS, NAMES), owner=st.tuples(TENANTS, NAMES))
def test_an_unseen_name_is_nobodys(seeker: tuple[str, str], owner: tuple[str, str]) -> None:
    """What stands for a collection that may not be seen never is one."""
    assert unseen_name(*seeker) != stored_name(*owner)


@given(tenant=TENANTS, name=NAMES)
def test_an_unseen_name_reads_as_the_one_that_was_asked_for(tenant: str, name: str) -> None:
    """An error about it has the same text as one about a collection that does not exist."""
    assert name == public_name(unseen_name(tenant, name))


@given(tenant=TENANTS, name=NAMES)
def test_stored_names_fit_paths_and_objects(tenant: str, name: str) -> None:
    """Both stores take them as one part, and the one that stands for nothing too."""
    for stored in (stored_name(tenant, name), unseen_name(tenant, name)):
        assert ("collections", stored) == split_document(collection_document(stored))
        check_object_name(shard_prefix(stored, "uid", 0))


@given(tenant=TENANTS, names=st.lists(st.tuples(TENANTS, NAMES), max_size=20))
def test_a_tenants_names_are_listed_in_one_run(tenant: str, names: list[tuple[str, str]]) -> None:
    """Sorted as the state store sorts, a tenant's names stand together right after where its listing starts."""
    stored = sorted(stored_name(*name) for name in names)
    after = [name for name in stored if name > listing_start(tenant)]

    own = [name for name in after if tenant_of(name) == tenant]

    if tenant != DEFAULT_TENANT:
        assert own == after[: len(own)]
    assert own == [name for name in stored if tenant_of(name) == tenant]
