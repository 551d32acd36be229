"""Series of a page that is whole in itself, two characters a number: `unpacked` of assets/1-view.js reads them.

A number of three digits is `m * 10 ** e` with m from 100 to 999. A packed series is its least e, a colon, and a pair of
characters for each number, which is one of 8,100: 0 is null, 1 is zero, then 900 for each e of eight in a row; what is
left says how often the number before is repeated.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

LETTERS: Final = "".join(chr(code) for code in range(33, 127) if chr(code) not in '"&<\\')
"""What stands for itself in JSON and in HTML."""
DECADES: Final = 8
_LEAST_WORTH: Final = 8
_MANTISSAS: Final = 900
_NULL, _ZERO, _FIRST = 0, 1, 2
_REPEATED: Final = _FIRST + DECADES * _MANTISSAS - 1
_MOST_REPEATED: Final = len(LETTERS) ** 2 - 1 - _REPEATED


def packed(value: Any) -> Any:
    """The same JSON with its long series packed; one that would lose anything by it stays as it is."""
    if isinstance(value, Mapping):
        return {name: packed(part) for name, part in value.items()}
    if not isinstance(value, list | tuple):
        return value
    if len(value) < _LEAST_WORTH or not all(one is None or type(one) in {int, float} for one in value):
        return [packed(part) for part in value]
    series = _packed(value)
    return list(value) if series is None else {"packed": series}


def _packed(series: Sequence[float | None]) -> str | None:
    parts = [None if not one else _parts(one) for one in series]
    known = [part for part in parts if part is not None]
    least = min((exponent for _, exponent in known), default=0)
    if any(mantissa == 0 or exponent >= least + DECADES for mantissa, exponent in known):
        return None
    codes = [
        (_NULL if one is None else _ZERO) if part is None else _FIRST + (part[1] - least) * _MANTISSAS + part[0] - 100
        for one, part in zip(series, parts, strict=True)
    ]
    return f"{least}:" + "".join(LETTERS[code // len(LETTERS)] + LETTERS[code % len(LETTERS)] for code in _runs(codes))


def _parts(value: float) -> tuple[int, int]:
    """The m and e of a number; m is 0 where three digits are too few, or the number is below nothing."""
    text = f"{value:.2e}"
    if value < 0 or float(text) != value:
        return 0, 0
    return round(float(text[:4]) * 100), int(text[5:]) - 2


def _runs(codes: Sequence[int]) -> Iterator[int]:
    for code, run in groupby(codes):
        more = sum(1 for _ in run) - 1
        yield code
        while more > 0:
            yield _REPEATED + min(more, _MOST_REPEATED)
            more -= _MOST_REPEATED
