"""Steps as they stand in the file."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from swell.local.workflows.definition import (
    Action,
    Assign,
    Branch,
    Call,
    Case,
    Loop,
    Nothing,
    Parallel,
    Raise,
    Retry,
    Return,
    Step,
    Steps,
    Switch,
    Target,
    Try,
)
from swell.local.workflows.expressions.parsing import dotted_name, parse
from swell.local.workflows.expressions.templates import Expression, Template, template
from swell.local.workflows.expressions.tokens import MalformedExpressionError
from swell.local.workflows.expressions.tree import Access, Node, Variable
from swell.local.workflows.library.retries import POLICIES
from swell.local.workflows.limits import MAX_ASSIGNMENTS, MAX_BRANCHES, MAX_CONDITIONS

_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ACTIONS: Final[Mapping[str, frozenset[str]]] = {
    "assign": frozenset(),
    "call": frozenset({"args", "result"}),
    "switch": frozenset(),
    "for": frozenset(),
    "parallel": frozenset(),
    "try": frozenset({"retry", "except"}),
    "raise": frozenset(),
    "return": frozenset(),
    "steps": frozenset(),
}


class StepReader:
    """Reads the steps of one routine; what it cannot read goes to `problems`, with the step's name."""

    def __init__(self, routine: str, problems: list[str]) -> None:
        self._routine = routine
        self._problems = problems
        self._readers: Mapping[str, Callable[[Mapping[str, Any]], Action]] = {
            "assign": self._assign,
            "call": self._call,
            "switch": self._switch,
            "for": lambda body: self._loop(body["for"]),
            "parallel": lambda body: self._parallel(body["parallel"]),
            "raise": lambda body: Raise(template(body["raise"])),
            "return": lambda body: Return(template(body["return"])),
            "steps": lambda body: self.steps(body["steps"]),
        }

    def steps(self, listed: Any) -> Steps:
        """A block of steps."""
        if not isinstance(listed, list) or not listed:
            self._problems.append(f"{self._routine}: steps are a list of at least one, got {listed!r:.50}")
            return Steps(())
        return Steps(tuple(step for each in listed for step in self._named(each)))

    def _named(self, each: Any) -> list[Step]:
        if not isinstance(each, dict) or len(each) != 1 or not isinstance(next(iter(each)), str):
            self._problems.append(f"{self._routine}: a step is one name with its body, got {each!r:.80}")
            return []
        [(name, body)] = each.items()
        try:
            return [self._step(name, body)]
        except MalformedExpressionError as error:
            self._problems.append(f"{self._routine}.{name}: {error}")
            return []

    def _step(self, name: str, body: Any) -> Step:
        if not isinstance(body, dict):
            raise MalformedExpressionError(f"the body of a step is a map, got {body!r:.50}")
        rest = {key: value for key, value in body.items() if key != "next"}
        follows = body.get("next")
        if follows is not None and not isinstance(follows, str):
            raise MalformedExpressionError(f"next is the name of a step, got {follows!r:.50}")
        return Step(name, self._action(name, rest), follows)

    def _action(self, name: str, body: Mapping[str, Any]) -> Action:
        kinds = [key for key in body if key in _ACTIONS]
        if not body:
            return Nothing()
        if len(kinds) != 1:
            raise MalformedExpressionError(f"a step does one of {sorted(_ACTIONS)}, got {sorted(body)}")
        _only(body, {kinds[0], *_ACTIONS[kinds[0]]}, f"a step with {kinds[0]!r}")
        return self._try(name, body) if kinds[0] == "try" else self._readers[kinds[0]](body)

    def _assign(self, body: Mapping[str, Any]) -> Assign:
        listed = body["assign"]
        if not isinstance(listed, list) or not 0 < len(listed) <= MAX_ASSIGNMENTS:
            raise MalformedExpressionError(f"assign is a list of 1 to {MAX_ASSIGNMENTS} assignments")
        return Assign(tuple(_assignment(each) for each in listed))

    def _call(self, body: Mapping[str, Any]) -> Call:
        function, arguments, result = body["call"], body.get("args", {}), body.get("result")
        if not isinstance(function, str) or not isinstance(arguments, dict):
            raise MalformedExpressionError("call is a name, and its args are a map")
        return Call(function, template(arguments), None if result is None else _variable(result))

    def _switch(self, body: Mapping[str, Any]) -> Switch:
        listed = body["switch"]
        if not isinstance(listed, list) or not 0 < len(listed) <= MAX_CONDITIONS:
            raise MalformedExpressionError(f"switch is a list of 1 to {MAX_CONDITIONS} conditions")
        return Switch(tuple(self._case(each) for each in listed))

    def _case(self, each: Any) -> Case:
        if not isinstance(each, dict) or "condition" not in each:
            raise MalformedExpressionError(f"each case of a switch has a condition, got {each!r:.50}")
        step = self._step("condition", {key: value for key, value in each.items() if key != "condition"})
        return Case(template(each["condition"]), step.action, step.next)

    def _loop(self, body: Any) -> Loop:
        allowed = {"value", "index", "in", "range", "steps"}
        if not isinstance(body, dict) or ("in" in body) == ("range" in body) or "value" not in body:
            raise MalformedExpressionError("for has a value, steps, and one of 'in' and 'range'")
        _only(body, allowed, "for")
        is_range = "range" in body
        return Loop(
            _variable(body["value"]),
            template(body["range" if is_range else "in"]),
            is_range,
            self.steps(body.get("steps")),
            _variable(body["index"]) if "index" in body else None,
        )

    def _parallel(self, body: Any) -> Parallel:
        if not isinstance(body, dict) or ("branches" in body) == ("for" in body):
            raise MalformedExpressionError("parallel has one of 'branches' and 'for'")
        _only(body, {"branches", "for", "shared", "concurrency_limit", "exception_policy"}, "parallel")
        if body.get("exception_policy", "continueAll") != "continueAll":
            raise MalformedExpressionError("exception_policy: continueAll is the only one there is")
        shared = body.get("shared", [])
        if not isinstance(shared, list):
            raise MalformedExpressionError(f"shared is a list of variables, got {shared!r:.50}")
        limit = body.get("concurrency_limit")
        work = self._loop(body["for"]) if "for" in body else self._branches(body["branches"])
        return Parallel(work, tuple(map(_variable, shared)), None if limit is None else template(limit))

    def _branches(self, listed: Any) -> tuple[Branch, ...]:
        if not isinstance(listed, list) or not 1 < len(listed) <= MAX_BRANCHES:
            raise MalformedExpressionError(f"branches are a list of 2 to {MAX_BRANCHES}")
        branches = []
        for each in listed:
            if not isinstance(each, dict) or len(each) != 1:
                raise MalformedExpressionError(f"a branch is one name with its steps, got {each!r:.50}")
            [(name, body)] = each.items()
            if not isinstance(body, dict) or set(body) != {"steps"}:
                raise MalformedExpressionError(f"branch {name!r} has 'steps' and nothing else")
            branches.append(Branch(str(name), self.steps(body["steps"])))
        return tuple(branches)

    def _try(self, name: str, body: Mapping[str, Any]) -> Try:
        if "retry" not in body and "except" not in body:
            raise MalformedExpressionError("try has a retry, an except, or both")
        attempt = self._step(name, body["try"])
        block = attempt.action if isinstance(attempt.action, Steps) else Steps((attempt,))
        rescue = body.get("except")
        variable, handler = (None, None) if rescue is None else self._except(rescue)
        return Try(block, _retry(body["retry"]) if "retry" in body else None, variable, handler)

    def _except(self, body: Any) -> tuple[str | None, Steps]:
        if not isinstance(body, dict) or "steps" not in body:
            raise MalformedExpressionError("except has 'as' and 'steps'")
        _only(body, {"as", "steps"}, "except")
        return (_variable(body["as"]) if "as" in body else None), self.steps(body["steps"])


def _retry(body: Any) -> Retry:
    if isinstance(body, str):
        name = _function_name(body)
        if name not in POLICIES:
            raise MalformedExpressionError(f"retry: {body!r} is no policy, allowed: {sorted(POLICIES)}")
        body = POLICIES[name]
        return _retry_of(name=body["predicate"], body=body)
    if not isinstance(body, dict):
        raise MalformedExpressionError("retry is a policy, or a map of predicate, max_retries and backoff")
    _only(body, {"predicate", "max_retries", "backoff"}, "retry")
    return _retry_of(name=_function_name(body.get("predicate")), body=body)


def _retry_of(*, name: str, body: Mapping[str, Any]) -> Retry:
    backoff = body.get("backoff")
    if not isinstance(backoff, Mapping) or "max_retries" not in body:
        raise MalformedExpressionError("retry: without a policy, predicate, max_retries and backoff are required")
    _only(backoff, {"initial_delay", "max_delay", "multiplier"}, "backoff")
    if len(backoff) != 3:
        raise MalformedExpressionError("backoff has initial_delay, max_delay and multiplier")
    delays = (backoff["initial_delay"], backoff["max_delay"], backoff["multiplier"])
    return Retry(name, template(body["max_retries"]), *map(template, delays))


def _function_name(text: Any) -> str:
    """`${http.default_retry}`, `${my_predicate}`: a function by its name, not called."""
    content = template(text).content
    name = dotted_name(content.node) if isinstance(content, Expression) else None
    if name is None:
        raise MalformedExpressionError(f"expected the name of a function in ${{}}, got {text!r:.50}")
    return name


def _assignment(each: Any) -> tuple[Target, Template]:
    if not isinstance(each, dict) or len(each) != 1:
        raise MalformedExpressionError(f"an assignment is one variable with its value, got {each!r:.50}")
    [(target, value)] = each.items()
    path: list[Node] = []
    node = parse(target) if isinstance(target, str) else None
    while isinstance(node, Access):
        path.insert(0, node.key)
        node = node.container
    if not isinstance(node, Variable):
        raise MalformedExpressionError(f"{target!r:.50} cannot be assigned to")
    return Target(node.name, tuple(path)), template(value)


def _variable(name: Any) -> str:
    if not isinstance(name, str) or not _VARIABLE.fullmatch(name):
        raise MalformedExpressionError(f"{name!r:.50} is not the name of a variable")
    return name


def _only(body: Mapping[str, Any], allowed: set[str], what: str) -> None:
    unknown = sorted(str(key) for key in body if key not in allowed)
    if unknown:
        raise MalformedExpressionError(f"{what} has no {', '.join(map(repr, unknown))}, allowed: {sorted(allowed)}")
