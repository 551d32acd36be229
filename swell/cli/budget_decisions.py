"""`swell budget decisions | approve | refuse`: stops that wait for a word."""

from typing import Annotated, Any

import typer

from swell.cli.budget_orders import Operator, Why, named
from swell.cli.budget_telling import moment
from swell.cli.connection import connected
from swell.cli.options import DEFAULT_URL, Json, Url, part_of_a_path
from swell.cli.output import print_json, print_table, say

Decision = Annotated[
    str,
    typer.Argument(metavar="DECISION", callback=part_of_a_path, help="Its id, as `swell budget decisions` shows it."),
]


def decisions(*, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Show stops that were wanted because all of a day or month was spent, the latest first."""
    with connected(url) as client:
        found = client.crowds.spending_decisions()
    if as_json:
        print_json({"decisions": found})
    elif found:
        _print(found)
    else:
        say("No stop was ever wanted: no day or month was spent.")


def approve(
    decision: Decision, *, operator: Operator = "", why: Why = "", url: Url = DEFAULT_URL, as_json: Json = False
) -> None:
    """Have a stop that is wanted carried out at once; it ends with its day or month, or when money is given back."""
    _answer(decision, operator, why, url, approves=True, as_json=as_json)


def refuse(
    decision: Decision, *, operator: Operator = "", why: Why = "", url: Url = DEFAULT_URL, as_json: Json = False
) -> None:
    """Have a stop that is wanted not carried out, whatever the regions think."""
    _answer(decision, operator, why, url, approves=False, as_json=as_json)


def _answer(decision: str, operator: str, why: str, url: str, *, approves: bool, as_json: bool) -> None:
    with connected(url) as client:
        found = client.crowds.answer_spending_decision(decision, operator=named(operator), approves=approves, why=why)
    if as_json:
        print_json(found)
    else:
        say(f"Decision {decision} is {_word(found)}.")


def _print(found: list[dict[str, Any]]) -> None:
    columns = {"decision": "left", "wanted (UTC)": "left", "because": "left", "state": "left", "": "left"}
    rows = [[one["id"], moment(one["wanted_at"]), one["why"], one["state"], _word(one)] for one in found]
    print_table(columns, rows)  # type: ignore[arg-type]


def _word(one: dict[str, Any]) -> str:
    answer = one["answer"]
    if answer is not None:
        why = f", because {answer['why']}" if answer["why"] else ""
        return f"{'approved' if answer['approves'] else 'refused'} by {answer['operator']}{why}"
    if one["needs_approval"]:
        by = f" until {moment(one['answer_by'])}" if one["answer_by"] else ""
        return f"waits for a word{by}"
    return "nobody answered"
