"""docs/rehearsal.md shows what commands print."""

from benchmarks.rehearsal.document import PAGE, commands, is_chosen, printed_again

SMALL = """Before.

<!-- swell rehearse arithmetic -->
```
old
```

<!-- swell rehearse calibrate --keep -->
```
measured
```
"""


def test_a_block_shows_what_its_command_prints_now() -> None:
    """All else stays, and a machine is not measured by the way."""
    again = printed_again(SMALL, [], lambda command: f"{command}  \nnew\n")

    assert again == SMALL.replace("old\n", "swell rehearse arithmetic\nnew\n")


def test_words_choose_commands() -> None:
    """A measurement is made where it is asked for."""
    again = printed_again(SMALL, ["calibrate"], lambda _: "better\n")

    assert again == SMALL.replace("measured", "better")
    assert not is_chosen("swell rehearse --all", ["calibrate"])


def test_the_page_shows_each_of_its_commands() -> None:
    """None of its blocks is empty, and what was simulated says so."""
    page = PAGE.read_text("utf-8")
    printed: dict[str, str] = dict.fromkeys(commands(page), "")

    assert {"swell rehearse --all", "swell rehearse calibrate --keep"} <= set(printed)
    for command in printed:
        block = page.split(f"<!-- {command} -->\n```\n")[1].split("\n```")[0]
        assert "SIMULATED" in block, command
