"""The parts of an expression."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Constant:
    """A number, a string, true, false or null."""

    value: Any


@dataclass(frozen=True)
class Variable:
    """The value of a variable."""

    name: str


@dataclass(frozen=True)
class Access:
    """`container.key`, or `container[key]`."""

    container: "Node"
    key: "Node"


@dataclass(frozen=True)
class ListOf:
    """`[a, b]`."""

    items: tuple["Node", ...]


@dataclass(frozen=True)
class FunctionCall:
    """`name(arguments)`: a function of the standard library, or a subworkflow."""

    name: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True)
class Prefix:
    """`not a` or `-a`."""

    operator: str
    operand: "Node"


@dataclass(frozen=True)
class Infix:
    """`a + b`."""

    operator: str
    left: "Node"
    right: "Node"


Node = Constant | Variable | Access | ListOf | FunctionCall | Prefix | Infix


def children(node: Node) -> tuple[Node, ...]:
    """The parts directly below."""
    match node:
        case Access(container, key):
            return (container, key)
        case ListOf(items):
            return items
        case FunctionCall(_, arguments):
            return arguments
        case Prefix(_, operand):
            return (operand,)
        case Infix(_, left, right):
            return (left, right)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it."""
    yield node
    for child in children(node):
        yield from walk(child)
