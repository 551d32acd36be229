"""W3C Trace Context: what is understood, and that it survives the way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.trace_context import TraceContext, begin, parse

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.mark.parametrize(
    ("traceparent", "sampled"),
    [(f"00-{TRACE}-{SPAN}-01", True), (f"00-{TRACE}-{SPAN}-00", False), (f"cc-{TRACE}-{SPAN}-03-later", True)],
    ids=["sampled", "not sampled", "a later version"],
)
def test_a_place_in_a_trace_is_read(traceparent: str, *, sampled: bool) -> None:
    """Versions to come are read as far as they are known."""
    assert TraceContext(TRACE, SPAN, sampled) == parse(traceparent)


@pytest.mark.parametrize(
    "traceparent",
    [
        None,
        "",
        "00",
        f"00-{TRACE}-{SPAN}",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"cc-{TRACE}-{SPAN}-01-{'x' * 1000}",
    ],
)
def test_what_is_no_place_is_ignored(traceparent: str | None) -> None:
    """Whoever sends nonsense gets a new trace, never an error."""
    assert parse(traceparent) is None


def test_a_trace_that_begins_here_is_like_no_other() -> None:
    """Its ids are random, and nobody asked to record it."""
    one, two = begin(), begin()

    assert parse(str(one)) == one
    assert one.trace_id != two.trace_id
    assert not one.sampled


@given(st.text(max_size=80))
def test_any_text_is_survived(text: str) -> None:
    """Headers come from anybody."""
    found = parse(text)

    assert found is None or parse(str(found)) == found
