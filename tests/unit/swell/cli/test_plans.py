"""What `swell plan` shows of a region."""

from swell.cli.plans import _worth_showing


def _steps(*instances: int) -> list[dict[str, int]]:
    return [{"number": number, "instances": count} for number, count in enumerate(instances)]


def test_the_next_step_the_highest_and_the_way_down_are_shown() -> None:
    """A peak that lasts several steps is shown from its first to where fewer are needed again."""
    shown = _worth_showing(_steps(0, 1, 4, 4, 4, 3, 0))

    assert [0, 2, 5] == [step["number"] for step in shown]


def test_of_a_region_that_needs_none_nothing_is_shown() -> None:
    """A peak without an end in sight is shown all the same."""
    assert [] == _worth_showing(_steps(0, 0))
    assert [0, 1] == [step["number"] for step in _worth_showing(_steps(1, 2, 2))]
