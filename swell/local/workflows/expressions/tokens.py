"""The words of an expression."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

Kind = Literal["number", "string", "name", "operator", "end"]

_TOKEN: Final = re.compile(
    r"""\s*(?:
      (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<operator>//|==|!=|<=|>=|[-+*/%<>()\[\].,])
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r"}
_CONSTANTS: Final = {"true": True, "false": False, "null": None}
_WORDS: Final = ("and", "or", "not", "in")


class MalformedExpressionError(ValueError):
    """The text is not an expression of the language."""


@dataclass(frozen=True)
class Token:
    """One word; `value` is what it stands for."""

    kind: Kind
    value: Any


def tokens(text: str) -> Iterator[Token]:
    """The words of the text, then an end.

    Raises:
        MalformedExpressionError: it holds something that is no word.
    """
    position, length = 0, len(text.rstrip())
    while position < length:
        found = _TOKEN.match(text, position)
        if found is None:
            raise MalformedExpressionError(f"{text[position:].strip()[:20]!r} is not part of the expression language")
        position = found.end()
        yield _token(found)
    yield Token("end", "the end")


def _token(found: re.Match[str]) -> Token:
    kind, text = found.lastgroup, found.group(found.lastgroup or "")
    match kind:
        case "number":
            return Token("number", int(text) if text.isdigit() else float(text))
        case "string":
            return Token("string", re.sub(r"\\(.)", lambda escape: _ESCAPES.get(escape[1], escape[1]), text[1:-1]))
        case "name":
            return _word(text)
        case _:
            return Token("operator", text)


def _word(text: str) -> Token:
    """Keywords are lower-case or upper-case, constants also capitalised; anything else is a name."""
    lower = text.lower()
    if lower in _WORDS and text in (lower, text.upper()):
        return Token("operator", lower)
    if lower in _CONSTANTS and text in (lower, text.upper(), text.capitalize()):
        return Token("number", _CONSTANTS[lower])
    return Token("name", text)
