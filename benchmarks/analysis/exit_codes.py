"""How commands that judge end."""

from typing import Final

KEPT: Final = 0
REGRESSION: Final = 96
INVALID: Final = 97
NOT_PROVEN: Final = 98
BROKEN: Final = 99
"""k6's, for a promise that was not kept; the others are ours."""
