"""What commands print."""

import pytest

from swell.cli.output import human_size, print_json, print_table


@pytest.mark.parametrize(
    ("size_bytes", "expected"),
    [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (21_500_000, "21.5 MB"), (3_000_000_000, "3.0 GB")],
)
def test_sizes_read_as_people_say_them(size_bytes: int, expected: str) -> None:
    """In the unit that leaves a short number."""
    assert human_size(size_bytes) == expected


def test_long_values_are_not_cut(capsys: pytest.CaptureFixture[str]) -> None:
    """An id that is too wide for its column goes on in the next line."""
    record_id = "x" * 500

    print_table({"id": "left"}, [[record_id]])

    assert capsys.readouterr().out.count("x") == 500


def test_markup_in_values_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """An id is shown as it is, not as formatting."""
    print_table({"id": "left"}, [["[bold]goal[/bold]"]])

    assert "[bold]goal[/bold]" in capsys.readouterr().out


def test_json_goes_to_stdout_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """One document and a line end."""
    print_json({"a": 1})

    assert capsys.readouterr() == ('{\n  "a": 1\n}\n', "")
