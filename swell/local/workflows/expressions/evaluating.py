"""The value of an expression in a scope."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from swell.local.workflows.expressions.operators import apply_infix, apply_prefix, element, truth
from swell.local.workflows.expressions.tree import (
    Access,
    Constant,
    FunctionCall,
    Infix,
    ListOf,
    Node,
    Prefix,
    Variable,
)


@dataclass(frozen=True)
class Surroundings:
    """What an expression can see: variables by name, and functions by name with the arguments' values."""

    read: Callable[[str], Any]
    call: Callable[[str, Sequence[Any]], Any]


def evaluate(node: Node, around: Surroundings) -> Any:  # noqa: PLR0911 - one for each kind of node
    """The value.

    `and` and `or` look at their right side only where the left one does not decide. `if` evaluates all its arguments,
    as any function does.

    Raises:
        Raised: as the operators and functions do.
    """
    match node:
        case Constant(value):
            return value
        case Variable(name):
            return around.read(name)
        case Access(container, key):
            return element(evaluate(container, around), evaluate(key, around))
        case ListOf(items):
            return [evaluate(item, around) for item in items]
        case FunctionCall(name, arguments):
            return around.call(name, [evaluate(argument, around) for argument in arguments])
        case Prefix(operator, operand):
            return apply_prefix(operator, evaluate(operand, around))
        case Infix():
            return _infix(node, around)


def _infix(node: Infix, around: Surroundings) -> Any:
    left = evaluate(node.left, around)
    if node.operator in ("and", "or"):
        decided = truth(left, node.operator) == (node.operator == "or")
        return left if decided else truth(evaluate(node.right, around), node.operator)
    return apply_infix(node.operator, left, evaluate(node.right, around))
