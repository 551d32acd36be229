"""Filters on the command line."""

from typing import Any, overload

import orjson

from swell.cli.failure import CommandFailed


@overload
def parsed_filter(text: None) -> None: ...
@overload
def parsed_filter(text: str) -> dict[str, Any]: ...
@overload
def parsed_filter(text: str | None) -> dict[str, Any] | None: ...
def parsed_filter(text: str | None) -> dict[str, Any] | None:
    """The filter that `--filter` gives, if it does; the server checks what it says."""
    if text is None:
        return None
    try:
        condition = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise CommandFailed(f"--filter: {text!r} is not JSON: {error}", code="usage") from None
    if not isinstance(condition, dict):
        raise CommandFailed(f"--filter: got {text!r}, allowed: a JSON object", code="usage")
    return condition
