"""Variables of one routine, with the scopes that loops, `except` and parallel branches open in it.

Values are never changed in place: assigning to an element makes new containers along the path. So a value that was
read stays what it was, also while another branch assigns.
"""

import threading
from collections.abc import Mapping, Sequence
from typing import Any, Self

from swell.local.workflows.expressions.operators import element, type_name
from swell.local.workflows.failure import failure
from swell.local.workflows.limits import MAX_STRING_BYTES, MAX_VARIABLES_BYTES


class Scope:
    """One scope; reads look outwards. Assigning writes the variable where it is, or makes it here."""

    def __init__(
        self,
        variables: Mapping[str, Any],
        outer: Self | None = None,
        *,
        shared: Sequence[str] | None = None,
    ) -> None:
        self._variables: dict[str, Any] = {}
        self._sizes: dict[str, int] = {}
        self._outer = outer
        self._shared = shared  # of a branch: what it may write outside of itself
        self.guard: threading.RLock = outer.guard if outer else threading.RLock()
        for name, value in variables.items():
            self._put(name, value)

    def inner(self, **variables: Any) -> "Scope":
        """The scope of an iteration or a handler."""
        return Scope(variables, self)

    def branch(self, shared: Sequence[str], **variables: Any) -> "Scope":
        """The scope of a parallel branch, which writes nothing outside but `shared`."""
        return Scope(variables, self, shared=shared)

    def read(self, name: str) -> Any:
        """The value of a variable.

        Raises:
            Raised: KeyError, where no step has assigned it yet.
        """
        holder = self._holder(name)
        if holder is None:
            raise failure("KeyError", f"variable not found: {name}")
        return holder._variables[name]  # noqa: SLF001 - of this class

    def assign(self, name: str, path: Sequence[Any], value: Any) -> None:
        """Set a variable, or the element of one at `path`. Hold `guard` from reading what the value is made of.

        Raises:
            Raised: because of the path, or ResourceLimitError.
        """
        with self.guard:
            holder = self._writable(name)
            holder._put(name, _with(holder._variables.get(name), path, value) if path else value)  # noqa: SLF001

    def _holder(self, name: str) -> "Scope | None":
        if name in self._variables:
            return self
        return None if self._outer is None else self._outer._holder(name)  # noqa: SLF001

    def _writable(self, name: str) -> "Scope":
        if name in self._variables or self._outer is None or self._is_fixed(name):
            return self
        holder = self._outer._holder(name)  # noqa: SLF001 - of this class
        return self if holder is None else self._outer._writable(name)  # noqa: SLF001

    def _is_fixed(self, name: str) -> bool:
        return self._shared is not None and name not in self._shared

    def _put(self, name: str, value: Any) -> None:
        size = _size_of(value)
        if self._bytes_without(name) + size > MAX_VARIABLES_BYTES:
            raise failure("ResourceLimitError", f"variables take more than {MAX_VARIABLES_BYTES:,} bytes ({name})")
        self._variables[name] = value
        self._sizes[name] = size

    def _bytes_without(self, name: str) -> int:
        own = sum(self._sizes.values()) - self._sizes.get(name, 0)
        return own if self._outer is None else own + self._outer._bytes_without("")  # noqa: SLF001


def _with(container: Any, path: Sequence[Any], value: Any) -> Any:
    """The container with the element at `path` replaced; maps on the way are made where they are missing."""
    if not path:
        return value
    key, rest = path[0], path[1:]
    if container is None and isinstance(key, str):
        container = {}
    if isinstance(container, dict) and isinstance(key, str):
        return {**container, key: _with(container.get(key), rest, value)}
    if isinstance(container, list):
        below = _with(element(container, key), rest, value)
        return [*container[:key], below, *container[key + 1 :]]
    raise failure("TypeError", f"{type_name(container)} has no element {key!r} to assign to")


def _size_of(value: Any) -> int:
    """Bytes as the documentation counts them: cloud.google.com/workflows/docs/reference/syntax/variables."""
    match value:
        case str():
            size = len(value.encode())
            if size > MAX_STRING_BYTES:
                raise failure("ResourceLimitError", f"a string takes more than {MAX_STRING_BYTES:,} bytes")
            return 8 + size
        case bytes():
            return 8 + len(value)
        case list():
            return 8 + sum(map(_size_of, value))
        case dict():
            return 8 + sum(_size_of(key) + _size_of(item) for key, item in value.items())
        case _:
            return 8
