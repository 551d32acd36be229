"""What all systems share."""

from benchmarks.peers.system import batches


def test_batches_hold_every_row_once_and_in_order() -> None:
    """The last one is as small as it has to be."""
    assert batches(range(7), 3) == [range(3), range(3, 6), range(6, 7)]
    assert batches(range(5, 5), 3) == []
