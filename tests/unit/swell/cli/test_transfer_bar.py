"""What the bar says."""

import pytest

from shared.transfers.progress import Progress
from swell.cli.transfer_bar import told, transfer_bar


@pytest.mark.parametrize(
    ("progress", "said"),
    [
        (Progress(0, 100, 0, None, 0.0), "0 of 100 records"),
        (Progress(0, 100, 0, None, 5.0), "0 of 100 records"),
        (Progress(25_000, 100_000, 0, None, 10.0), "25,000 of 100,000 records, 2,500 a second, 30 s left"),
        (Progress(1000, None, 250, 1000, 40.0), "1,000 records, 25 a second, 2 min 00 s left"),
        (Progress(1, 10_000, 0, None, 1.0), "1 of 10,000 records, 1 a second, 2 h 46 min left"),
        (Progress(10, 10, 0, None, 1.0), "10 of 10 records, 10 a second"),
        (Progress(10, None, 0, None, 1.0), "10 records, 10 a second"),
        (Progress(0, 0, 0, 0, 1.0), "0 of 0 records"),
    ],
)
def test_it_says_how_far_how_fast_and_how_long(progress: Progress, said: str) -> None:
    """As far as each is known."""
    assert said == told(progress)


def test_without_a_terminal_there_is_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    """Logs are not filled with it."""
    with transfer_bar("Importing", wanted=True) as update:
        update(Progress(1, 2, 0, None, 1.0))

    assert ("", "") == capsys.readouterr()
