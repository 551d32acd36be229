"""A report for people, in Markdown and HTML; everything in it is text, whatever it looks like."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from functions.control.reporting.blocks import blocks_of, moment
from functions.control.reporting.report_store import Report
from shared.domain.prices import LIST_PRICES

if TYPE_CHECKING:
    from jinja2 import Environment

_PAGES: Final = Path(__file__).parents[1] / "pages"
_MEANT: Final = re.compile(r"([\\`*_\[\]<>|&#~])")
"""What Markdown, or the HTML in it, takes for more than text."""


def as_html(report: Report) -> str:
    """One page that needs nothing from anywhere else.

    Raises:
        LookupError, TypeError, ValueError, AttributeError: a section is not of the form that control gives it.
    """
    return _rendered(report, "report.html.jinja", _environment(None))


def as_markdown(report: Report) -> str:
    """The same in Markdown. Raises as `as_html`."""
    return _rendered(report, "report.md.jinja", _environment(_plain))


def _rendered(report: Report, template: str, environment: "Environment") -> str:
    values: dict[str, Any] = {
        "report": report.to_data(),
        "sections": blocks_of(report.sections),
        "prices_as_of": LIST_PRICES.as_of.isoformat(),
    }
    return environment.get_template(template).render(values) + "\n"


def _environment(finalize: Callable[[Any], Any] | None) -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - nobody waits for a report

    environment = Environment(
        loader=FileSystemLoader(_PAGES),
        autoescape=True,
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["moment"] = moment
    return environment


def _plain(value: Any) -> Any:
    """Text that Markdown leaves as it is; HTML's escapes do not come on top."""
    from markupsafe import Markup  # noqa: PLC0415 - comes with jinja2

    if not isinstance(value, str):
        return value
    return Markup(_MEANT.sub(r"\\\1", " ".join(value.split())))  # noqa: S704 - escaped for Markdown
