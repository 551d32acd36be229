"""From text to a tree, by the documented order of operations.

Most binding first: `()`, `.`, `[]`, `not`, unary `-`, `* / // %`, `+ -`, comparisons and `in`, `and`, `or`.
So `not a == b` is `(not a) == b`. Source: cloud.google.com/workflows/docs/reference/syntax/datatypes.
"""

from collections.abc import Sequence
from typing import Any, Final

from swell.local.workflows.expressions.tokens import MalformedExpressionError, Token, tokens
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

_LEVELS: Final[Sequence[frozenset[str]]] = (
    frozenset({"or"}),
    frozenset({"and"}),
    frozenset({"<", "<=", ">", ">=", "==", "!=", "in"}),
    frozenset({"+", "-"}),
    frozenset({"*", "/", "//", "%"}),
)


def parse(text: str) -> Node:
    """The tree of an expression, given without `${` and `}`.

    Raises:
        MalformedExpressionError: it says what was found, and what was expected.
    """
    reader = _Reader(list(tokens(text)))
    node = reader.level(0)
    reader.expect_end()
    return node


def dotted_name(node: Node) -> str | None:
    """`a.b.c` for accesses by constant names on a variable, which is also how functions are written."""
    match node:
        case Variable(name):
            return name
        case Access(container, Constant(str(key))):
            front = dotted_name(container)
            return None if front is None else f"{front}.{key}"
        case _:
            return None


class _Reader:
    def __init__(self, words: Sequence[Token]) -> None:
        self._words = words
        self._position = 0

    def level(self, depth: int) -> Node:
        if depth == len(_LEVELS):
            return self._negated()
        node = self.level(depth + 1)
        while self._next.kind == "operator" and self._next.value in _LEVELS[depth]:
            operator = self._take().value
            node = Infix(operator, node, self.level(depth + 1))
        return node

    def expect_end(self) -> None:
        if self._next.kind != "end":
            raise MalformedExpressionError(f"did not expect {self._next.value!r}")

    def _negated(self) -> Node:
        if self._take_if("-"):
            return Prefix("-", self._negated())
        return self._inverted()

    def _inverted(self) -> Node:
        if self._take_if("not"):
            return Prefix("not", self._inverted())
        return self._postfixed()

    def _postfixed(self) -> Node:
        node = self._primary()
        while True:
            if self._take_if("."):
                node = Access(node, Constant(self._name()))
            elif self._take_if("["):
                node = Access(node, self.level(0))
                self._expect("]")
            elif self._take_if("("):
                node = FunctionCall(self._function(node), self._list_until(")"))
            else:
                return node

    def _function(self, node: Node) -> str:
        name = dotted_name(node)
        if name is None:
            raise MalformedExpressionError("only functions and subworkflows, by their names, can be called")
        return name

    def _primary(self) -> Node:
        word = self._take()
        if word.kind in ("number", "string"):
            return Constant(word.value)
        if word.kind == "name":
            return Variable(word.value)
        if word.value == "(":
            node = self.level(0)
            self._expect(")")
            return node
        if word.value == "[":
            return ListOf(self._list_until("]"))
        raise MalformedExpressionError(f"expected a value, got {word.value!r}")

    def _list_until(self, closing: str) -> tuple[Node, ...]:
        items: list[Node] = []
        while not self._take_if(closing):
            if items:
                self._expect(",")
            items.append(self.level(0))
        return tuple(items)

    def _name(self) -> str:
        word = self._take()
        if word.kind != "name":
            raise MalformedExpressionError(f"expected a name after '.', got {word.value!r}")
        name: str = word.value
        return name

    @property
    def _next(self) -> Token:
        return self._words[self._position]

    def _take(self) -> Token:
        word = self._next
        self._position = min(self._position + 1, len(self._words) - 1)
        return word

    def _take_if(self, operator: Any) -> bool:
        found = self._next.kind == "operator" and self._next.value == operator
        if found:
            self._position += 1
        return found

    def _expect(self, operator: str) -> None:
        if not self._take_if(operator):
            raise MalformedExpressionError(f"expected {operator!r}, got {self._next.value!r}")
