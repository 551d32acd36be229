"""The table of serving modes: complete, ever stricter, and applied as it stands."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.limits import MAX_STALENESS_MS, MAX_TOP_K
from shared.domain.serving_mode import TERMS, ReadWish, ServingMode, Streams, Terms, apply, mode_of, terms
from shared.domain.tier import Tier

_STREAMS = list(Streams)
MODES = st.sampled_from(ServingMode)
TIERS = st.sampled_from(Tier)
WISHES = st.builds(
    ReadWish,
    recall=st.floats(0.01, 1.0),
    top_k=st.integers(1, MAX_TOP_K),
    staleness_s=st.floats(0, MAX_STALENESS_MS / 1000),
    bounded=st.booleans(),
)


def _generosity(given_terms: Terms) -> tuple[float, ...]:
    """Each lever as a number that is higher where the caller gets more."""
    return (
        given_terms.admission_share,
        given_terms.recall_at_most,
        given_terms.top_k_at_most,
        -given_terms.staleness_factor,
        -_STREAMS.index(given_terms.streams),
        given_terms.background,
    )


def _no_more_than(less: Terms, more: Terms) -> bool:
    return all(a <= b for a, b in zip(_generosity(less), _generosity(more), strict=True))


@pytest.mark.parametrize("mode", ServingMode)
def test_every_mode_says_what_every_tier_gets(mode: ServingMode) -> None:
    """The table has no holes, and its shares are parts of a whole."""
    assert set(Tier) == set(TERMS[mode])
    assert all(0 <= terms(mode, tier).admission_share <= 1 for tier in Tier)


@pytest.mark.parametrize("tier", Tier)
def test_a_higher_mode_never_gives_more(tier: Tier) -> None:
    """Each step up takes away or leaves as it is, lever by lever."""
    assert all(_no_more_than(terms(worse, tier), terms(better, tier)) for better, worse in pairwise(ServingMode))


@pytest.mark.parametrize("mode", ServingMode)
def test_a_higher_tier_never_gets_less(mode: ServingMode) -> None:
    """Premium gets no less than standard, standard no less than free, lever by lever."""
    assert all(_no_more_than(terms(mode, lower), terms(mode, higher)) for lower, higher in pairwise(Tier))


@pytest.mark.parametrize(
    ("mode", "shares"),
    [
        (ServingMode.NORMAL, (1.0, 1.0, 1.0)),
        (ServingMode.MINOR, (0.8, 1.0, 1.0)),
        (ServingMode.MAJOR, (0.5, 0.9, 1.0)),
        (ServingMode.CRITICAL, (0.0, 0.5, 1.0)),
        (ServingMode.EMERGENCY, (0.0, 0.0, 1.0)),
    ],
)
def test_the_shares_are_those_of_the_runbook(mode: ServingMode, shares: tuple[float, ...]) -> None:
    """Free gives way first, then standard; premium is let in to the end."""
    assert shares == tuple(terms(mode, tier).admission_share for tier in Tier)


@given(tier=TIERS, wish=WISHES)
def test_the_normal_mode_changes_nothing(tier: Tier, wish: ReadWish) -> None:
    """A read is carried out exactly as asked."""
    assert wish == apply(ServingMode.NORMAL, tier, wish)


@given(mode=MODES, tier=TIERS, wish=WISHES)
def test_a_read_stays_inside_its_wish_and_its_terms(mode: ServingMode, tier: Tier, wish: ReadWish) -> None:
    """Never more recall or matches than asked or allowed; never fresher than asked, never past the greatest bound."""
    adjusted = apply(mode, tier, wish)

    assert adjusted.recall <= min(wish.recall, terms(mode, tier).recall_at_most)
    assert adjusted.top_k <= min(wish.top_k, terms(mode, tier).top_k_at_most)
    assert wish.staleness_s <= adjusted.staleness_s <= MAX_STALENESS_MS / 1000


@given(mode=MODES, tier=TIERS, wish=WISHES)
def test_a_stated_bound_on_staleness_is_kept(mode: ServingMode, tier: Tier, wish: ReadWish) -> None:
    """What the caller asked for by number, or as a strong read, no mode weakens."""
    if wish.bounded:
        assert wish.staleness_s == apply(mode, tier, wish).staleness_s


@given(mode=MODES, tier=TIERS, wish=WISHES)
def test_applying_twice_to_a_bounded_read_is_applying_once(mode: ServingMode, tier: Tier, wish: ReadWish) -> None:
    """Caps are caps: a second application finds nothing left to take."""
    bounded = ReadWish(wish.recall, wish.top_k, wish.staleness_s, bounded=True)

    once = apply(mode, tier, bounded)

    assert once == apply(mode, tier, once)


def test_the_document_names_the_mode() -> None:
    """The number in the document is the mode; no document means that none was decided."""
    assert ServingMode.NORMAL == mode_of(None)
    assert ServingMode.CRITICAL == mode_of({"mode": 3, "reason": "spend"})


@pytest.mark.parametrize("document", [{}, {"mode": 5}, {"mode": "minor"}, {"mode": None}])
def test_an_unknown_mode_is_refused(document: dict[str, object]) -> None:
    """A document that a newer release wrote, or nobody, is not guessed at."""
    with pytest.raises(ValueError, match="not a valid ServingMode"):
        mode_of(document)
