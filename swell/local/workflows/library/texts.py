"""`text.*`: cloud.google.com/workflows/docs/reference/stdlib/text."""

import re
from typing import Any, Final

from swell.local.workflows.failure import failure
from swell.local.workflows.library.function import Function, required, take


def _split(source: Any, separator: Any) -> list[str]:
    text = str(take("text.split", source, str))
    return text.split(take("text.split", separator, str)) if separator else list(text)


def _substring(source: Any, start: Any, end: Any) -> str:
    text = str(take("text.substring", source, str))
    first, last = take("text.substring", start, int), take("text.substring", end, int)
    if not 0 <= first <= last <= len(text):
        raise failure("IndexError", f"text.substring: [{first}, {last}) of {len(text)} characters")
    return text[first:last]


def _to_lower(source: Any) -> str:
    return str(take("text.to_lower", source, str)).lower()


def _to_upper(source: Any) -> str:
    return str(take("text.to_upper", source, str)).upper()


def _replace_all(source: Any, substr: Any, repl: Any) -> str:
    text = str(take("text.replace_all", source, str))
    return text.replace(take("text.replace_all", substr, str), take("text.replace_all", repl, str))


def _match_regex(source: Any, regexp: Any) -> bool:
    try:
        return re.search(take("text.match_regex", regexp, str), take("text.match_regex", source, str)) is not None
    except re.error as error:
        raise failure("ValueError", f"text.match_regex: {error}") from None


def _encode(data: Any, charset: Any) -> bytes:
    _utf8("text.encode", charset)
    return str(take("text.encode", data, str)).encode()


def _decode(data: Any, charset: Any) -> str:
    _utf8("text.decode", charset)
    try:
        return bytes(take("text.decode", data, bytes)).decode()
    except UnicodeDecodeError as error:
        raise failure("ValueError", f"text.decode: {error}") from None


def _utf8(function: str, charset: Any) -> None:
    if str(charset).upper() != "UTF-8":
        raise failure("ValueError", f"{function}: charset {charset!r} is not interpreted here, allowed: UTF-8")


FUNCTIONS: Final = (
    Function("text.split", required("source", "separator"), _split),
    Function("text.substring", required("source", "start", "end"), _substring),
    Function("text.to_lower", required("source"), _to_lower),
    Function("text.to_upper", required("source"), _to_upper),
    Function("text.replace_all", required("source", "substr", "repl"), _replace_all),
    Function("text.match_regex", required("source", "regexp"), _match_regex),
    Function("text.encode", required("data", charset="UTF-8"), _encode),
    Function("text.decode", required("data", charset="UTF-8"), _decode),
)
