"""What goes wrong with a server becomes one sentence with a way out."""

import pytest

from swell.cli.connection import connected
from swell.cli.failure import CommandFailed
from swell.client import NotFoundError

URL = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("answer", "way_out"),
    [
        ("collection 'x' does not exist", "collections list` shows what there is"),
        ("calendar event 'x' does not exist", "calendar list` shows what there is"),
        ("no raise for event 'x'", "budget raises` shows what there is"),
        ("region 'x' is not in topology.yaml", "regions list` shows what there is"),
        ("record 'x' does not exist in collection 'y'", "record 'x' does not exist in collection 'y'"),
    ],
    ids=["a collection", "an event", "a raise", "a region", "what nothing lists"],
)
def test_what_is_not_there_is_answered_with_what_lists_the_rest(answer: str, way_out: str) -> None:
    """The command is named, not left to be found."""
    with pytest.raises(CommandFailed) as failed, connected(URL):
        raise NotFoundError(answer, code="not_found", status=404)

    assert str(failed.value).startswith(answer)
    assert str(failed.value).endswith(way_out)


def test_what_answers_and_is_no_swell_is_no_traceback() -> None:
    """Its documents lack what ours have."""
    with pytest.raises(CommandFailed, match=f"{URL} answers without 'segments'.*--url or SWELL_URL"), connected(URL):
        raise KeyError("segments")
