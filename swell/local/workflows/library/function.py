"""A function of the standard library: how it is called, and what it demands of its arguments."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from swell.local.workflows.expressions.operators import type_name
from swell.local.workflows.failure import failure

REQUIRED: Final = object()
"""Stands where a parameter has no default."""


@dataclass(frozen=True)
class Function:
    """`parameters` are in the documented order, with their defaults: `call:` steps name them, expressions do not."""

    name: str
    parameters: Mapping[str, Any]
    run: Callable[..., Any]

    def wrong_count(self, given: int) -> str | None:
        """Why it cannot be called with so many arguments by position, if it cannot."""
        least = sum(default is REQUIRED for default in self.parameters.values())
        if least <= given <= len(self.parameters):
            return None
        return f"{self.name} takes {list(self.parameters)}, got {given} arguments"

    def wrong_names(self, given: Sequence[str]) -> str | None:
        """Why it cannot be called with arguments of these names, if it cannot."""
        missing = [name for name, default in self.parameters.items() if default is REQUIRED and name not in given]
        unknown = [name for name in given if name not in self.parameters]
        if not missing and not unknown:
            return None
        return f"{self.name} takes {list(self.parameters)}, got {list(given)}"

    def by_position(self, arguments: Sequence[Any]) -> Any:
        """The value for arguments that an expression gives."""
        return self.by_name(dict(zip(self.parameters, arguments, strict=False)))

    def by_name(self, arguments: Mapping[str, Any]) -> Any:
        """The value for arguments that a `call:` step gives.

        Raises:
            Raised: TypeError or ValueError where an argument is not what the function takes.
        """
        defaults = {name: default for name, default in self.parameters.items() if default is not REQUIRED}
        return self.run(**{**defaults, **arguments})


def required(*names: str, **defaults: Any) -> Mapping[str, Any]:
    """Parameters: those without a default, then those with one."""
    return {**dict.fromkeys(names, REQUIRED), **defaults}


def take(function: str, value: Any, *types: type) -> Any:
    """The value, if it is of one of the types.

    Raises:
        Raised: TypeError.
    """
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        raise failure("TypeError", f"{function} does not take {type_name(value)}")
    return value
