"""Values of a workflow file: constants, expressions, and lists and maps of these."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from swell.local.workflows.expressions.evaluating import Surroundings, evaluate
from swell.local.workflows.expressions.parsing import parse
from swell.local.workflows.expressions.tokens import MalformedExpressionError
from swell.local.workflows.expressions.tree import Node, walk
from swell.local.workflows.limits import MAX_EXPRESSION_CHARACTERS


@dataclass(frozen=True)
class Expression:
    """`${…}`; `text` is what stands between the braces."""

    text: str
    node: Node


@dataclass(frozen=True)
class Template:
    """A value to be evaluated: a plain one, an `Expression`, or a list or dict of `Template`."""

    content: Any

    def value(self, around: Surroundings) -> Any:
        """The value now, a new one each time."""
        match self.content:
            case Expression(node=node):
                return evaluate(node, around)
            case list():
                return [item.value(around) for item in self.content]
            case dict():
                return {key: item.value(around) for key, item in self.content.items()}
            case _:
                return self.content

    def expressions(self) -> Iterator[Expression]:
        """Every expression in it."""
        match self.content:
            case Expression():
                yield self.content
            case list():
                for item in self.content:
                    yield from item.expressions()
            case dict():
                for item in self.content.values():
                    yield from item.expressions()

    def nodes(self) -> Iterator[Node]:
        """Every part of every expression in it."""
        for expression in self.expressions():
            yield from walk(expression.node)


def expression(text: str) -> Expression:
    """An expression from what stands between `${` and `}`.

    Raises:
        MalformedExpressionError: it is not one, or longer than the limit.
    """
    if len(text) > MAX_EXPRESSION_CHARACTERS:
        raise MalformedExpressionError(f"{len(text)} characters, allowed: {MAX_EXPRESSION_CHARACTERS}")
    try:
        return Expression(text, parse(text))
    except MalformedExpressionError as error:
        raise MalformedExpressionError(f"${{{text}}}: {error}") from None


def template(value: Any) -> Template:
    """A value as it stands in the file.

    Raises:
        MalformedExpressionError: a string holds `${` but is not one whole expression, or the expression is malformed.
    """
    match value:
        case str() if "${" in value:
            return Template(expression(_inside(value)))
        case None | bool() | int() | float() | str():
            return Template(value)
        case list():
            return Template([template(item) for item in value])
        case dict():
            return Template({_key(key): template(item) for key, item in value.items()})
        case _:
            raise MalformedExpressionError(f"{value!r:.50} is not a value of the language (dates need quotes)")


def _inside(text: str) -> str:
    stripped = text.strip()
    if not (stripped.startswith("${") and stripped.endswith("}")):
        raise MalformedExpressionError(f"{text!r:.60} has text around an expression: join strings with + inside it")
    return stripped[2:-1]


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise MalformedExpressionError(f"keys of maps are strings, got {key!r:.50}")
    return key
