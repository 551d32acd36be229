"""Every route in one table, as docs/api.md shows it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from shared.auth.scope import PUBLIC_PATHS, required_scope

_BEGIN: Final = "<!-- routes: python -m swell.deploy.openapi -->"
_END: Final = "<!-- end of routes -->"


def with_routes(page: str, document: Mapping[str, Any]) -> str:
    """The page with the routes of the document."""
    before, _, rest = page.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}\n{_table(document)}\n{_END}{after}"


def _table(document: Mapping[str, Any]) -> str:
    return "\n".join(["| request | what it does | scope | function |", "|---|---|---|---|", *_rows(document)])


def _rows(document: Mapping[str, Any]) -> Iterator[str]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if "operationId" not in operation:
                continue
            scope = "" if path in PUBLIC_PATHS else required_scope(method.upper(), path).value
            summary = operation["summary"].replace("|", r"\|")
            yield f"| `{method.upper()} {path}` | {summary} | {scope} | {', '.join(operation.get('tags', ()))} |"
