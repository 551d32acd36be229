"""`swell demo --crowd`: an evening with a crowd, and everything that was decided and done in it."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from swell.cli.output import note, print_json, print_table, say
from swell.local.crowd_stage import crowd_story
from swell.local.crowd_story import CrowdStory


def show_crowd(*, emulators: bool, as_json: bool) -> None:
    """Play the evening on a Swell of its own that leaves nothing behind, and print its timeline."""
    with TemporaryDirectory(prefix="swell-evening-") as directory:
        note("Starting …")
        with crowd_story(Path(directory), emulators=emulators) as story:
            for told, step in _STEPS:
                note(f"{story.evening.now:%H:%M}  {told} …")
                step(story)
            _print(story, as_json=as_json)


_STEPS = (
    ("A quiet region learns of a concert in 20 minutes", CrowdStory.announce),
    ("Waiting for the start", CrowdStory.wait_for_the_start),
    ("The crowd is there", CrowdStory.let_the_crowd_in),
    ("The crowd leaves", CrowdStory.step_down),
    ("The budget is made too small", CrowdStory.run_out_of_money),
    ("All of a day is spent, and an operator approves a stop", CrowdStory.stop_all_spending),
    ("An event is allowed more", CrowdStory.raise_the_limit),
)


def _print(story: CrowdStory, *, as_json: bool) -> None:
    told = story.evening.told()
    seen: dict[str, Any] = {
        "processes_before_the_start": story.processes_before_the_start,
        "processes_in_the_crowd": story.processes_in_the_crowd,
        "processes_afterwards": story.processes_afterwards,
        "recall_before": story.recall_before,
        "recall_meanwhile": story.recall_meanwhile,
        "recall_afterwards": story.recall_afterwards,
        "free_callers_refused_with": story.refused_free,
        "standard_callers_refused_with": story.refused_standard,
        "processes_while_stopped": story.wanted_while_stopped,
        "hour_while_raised": story.hour_while_raised,
        "hour_afterwards": story.hour_afterwards,
    }
    if as_json:
        entries = [{"at": entry.at.isoformat(), "kind": entry.kind.value, "text": entry.text} for entry in told]
        print_json({"starts_at": story.starts_at.isoformat(), **seen, "timeline": entries})
        return
    rows = [[f"{entry.at:%H:%M}", entry.kind.value.replace("_", " "), entry.text] for entry in told]
    print_table({"at (UTC)": "left", "": "left", "what": "left"}, rows)
    say(
        f"Query processes: {seen['processes_before_the_start']} before the start at {story.starts_at:%H:%M}, "
        f"{seen['processes_in_the_crowd']} in the crowd, {seen['processes_afterwards']} kept afterwards.\n"
        f"Recall asked for: {story.recall_before}, {story.recall_meanwhile} without money, "
        f"{story.recall_afterwards} again; free callers were refused with {story.refused_free}.\n"
        f"While all was stopped {story.wanted_while_stopped} were kept, and standard callers were refused with "
        f"{story.refused_standard}; an hour could cost ${story.hour_while_raised:,.2f} during the raise, "
        f"${story.hour_afterwards:,.2f} after it."
    )
