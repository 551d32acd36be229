"""What a deployment refuses, and what is refused here: found before anything runs, each problem with its step."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from swell.local.workflows.calls.signatures import BLOCKING, ENVIRONMENT
from swell.local.workflows.definition import (
    Action,
    Assign,
    Call,
    Loop,
    Parallel,
    Raise,
    Return,
    Routine,
    Step,
    Steps,
    Switch,
    Try,
    Workflow,
)
from swell.local.workflows.expressions.templates import Expression, Template
from swell.local.workflows.expressions.tree import FunctionCall, Node, Variable, walk
from swell.local.workflows.library import FUNCTIONS
from swell.local.workflows.library.function import REQUIRED, Function
from swell.local.workflows.limits import MAX_PARALLEL_NESTING
from swell.local.workflows.visibility import Visible, Zone

_KNOWN: Final[Mapping[str, Function]] = {
    **FUNCTIONS,
    **{name: Function(name, parameters, lambda: None) for name, parameters in ENVIRONMENT.items()},
}


def problems_of(workflow: Workflow) -> list[str]:
    """Every problem, in the order of the file."""
    blocking = _blocking_routines(workflow)
    problems: list[str] = []
    for routine in workflow.routines.values():
        check = _RoutineCheck(routine, workflow, blocking)
        check.run()
        problems += check.problems
    return problems


class _RoutineCheck:
    def __init__(self, routine: Routine, workflow: Workflow, blocking: frozenset[str]) -> None:
        self.problems: list[str] = []
        self._routine = routine
        self._workflow = workflow
        self._blocking = blocking
        self._step = ""

    def run(self) -> None:
        for default in self._routine.parameters.values():
            if default is not None:
                self._expressions(default, Visible.nothing())
        self._block(self._routine.steps, Visible.of_routine(self._routine), Zone())

    def _problem(self, text: str) -> None:
        self.problems.append(f"{self._routine.name}.{self._step}: {text}")

    def _block(self, block: Steps, visible: Visible, zone: Zone) -> None:
        names = [step.name for step in block.steps]
        for name in sorted({name for name in names if names.count(name) > 1 or name in ("end", "break", "continue")}):
            self._step = name
            self._problem("the name of two steps of one block, or of a jump")
        inside = zone.with_steps(names)
        for step in block.steps:
            self._one(step, visible, inside)

    def _one(self, step: Step, visible: Visible, zone: Zone) -> None:
        self._step = step.name
        self._jump(step.next, zone)
        self._action(step.action, visible, zone)

    def _jump(self, target: str | None, zone: Zone) -> None:
        reason = None if target is None else zone.refuses(target)
        if reason is not None:
            self._problem(f"next: {target}: {reason}")

    def _action(self, action: Action, visible: Visible, zone: Zone) -> None:
        match action:
            case Assign(assignments):
                for target, value in assignments:
                    self._write(target.variable, visible)
                    self._expressions(value, visible)
                    for node in target.path:
                        self._node(node, visible)
            case Call():
                self._call(action, visible)
            case Return(value):
                self._expressions(value, visible)
                if zone.in_parallel:
                    self._problem("return inside of a parallel step is not interpreted here")
            case Raise(payload):
                self._expressions(payload, visible)
            case _:
                self._composite(action, visible, zone)

    def _composite(self, action: Action, visible: Visible, zone: Zone) -> None:
        match action:
            case Steps():
                self._block(action, visible, zone)
            case Switch(cases):
                for case in cases:
                    self._expressions(case.condition, visible)
                    self._jump(case.next, zone)
                    self._action(case.action, visible, zone)
            case Try():
                self._try(action, visible, zone)
            case Loop():
                self._expressions(action.over, visible)
                self._block(action.steps, visible.of_loop(action), zone.of_loop())
            case Parallel():
                self._parallel(action, visible, zone)

    def _try(self, action: Try, visible: Visible, zone: Zone) -> None:
        if action.retry is not None:
            each = (action.retry.max_retries, action.retry.initial_delay_s, action.retry.max_delay_s)
            for template in (*each, action.retry.multiplier):
                self._expressions(template, visible)
            self._predicate(action.retry.predicate)
        self._block(action.body, visible, zone)
        if action.rescue is not None:
            self._block(action.rescue, visible.of_handler(action), zone)

    def _predicate(self, name: str) -> None:
        routine = self._workflow.routines.get(name)
        if routine is None and name not in FUNCTIONS:
            self._problem(f"retry: {name!r} is neither a predicate of the standard library nor a subworkflow")
        if routine is not None and len(routine.parameters) != 1:
            self._problem(f"retry: {name!r} takes the error, and nothing else")

    def _parallel(self, action: Parallel, visible: Visible, zone: Zone) -> None:
        if zone.parallel_depth >= MAX_PARALLEL_NESTING:
            self._problem(f"parallel steps are nested deeper than {MAX_PARALLEL_NESTING}")
        for name in action.shared:
            if not visible.has(name):
                self._problem(f"shared: {name!r} is not a variable outside of the parallel step")
        if action.concurrency_limit is not None:
            self._expressions(action.concurrency_limit, visible)
        if isinstance(action.work, Loop):
            self._expressions(action.work.over, visible)
            scope = visible.of_parallel_loop(action.work, action.shared)
            self._block(action.work.steps, scope, zone.of_parallel(is_loop=True))
            return
        for branch in action.work:
            self._block(branch.steps, visible.of_branch(branch.steps, action.shared), zone.of_parallel(is_loop=False))

    def _call(self, action: Call, visible: Visible) -> None:
        self._expressions(action.arguments, visible)
        if action.result is not None:
            self._write(action.result, visible)
        parameters = self._parameters(action.function)
        if parameters is None:
            self._problem(f"call: {action.function} is not interpreted here")
            return
        reason = Function(action.function, parameters, lambda: None).wrong_names(list(action.arguments.content))
        if reason is not None:
            self._problem(f"call: {reason}")
        auth = action.arguments.content.get("auth")
        if auth is not None and isinstance(auth.content, dict) and _constant(auth.content.get("type")) != "OIDC":
            self._problem("auth: only type OIDC is interpreted here")

    def _parameters(self, function: str) -> Mapping[str, Any] | None:
        if function in self._workflow.routines and function != "main":
            return _signature(self._workflow.routines[function]).parameters
        known = _KNOWN.get(function)
        return BLOCKING.get(function) if known is None else known.parameters

    def _write(self, name: str, visible: Visible) -> None:
        if not visible.may_write(name):
            self._problem(f"{name!r} belongs to the surrounding steps: list it under 'shared' to assign to it")

    def _expressions(self, template: Template, visible: Visible) -> None:
        for expression in template.expressions():
            self._node(expression.node, visible)

    def _node(self, root: Node, visible: Visible) -> None:
        for node in walk(root):
            if isinstance(node, Variable) and not visible.has(node.name):
                self._problem(f"no variable {node.name!r} in this scope")
            if isinstance(node, FunctionCall):
                self._function(node)

    def _function(self, call: FunctionCall) -> None:
        routine = self._workflow.routines.get(call.name)
        if call.name in BLOCKING or call.name in self._blocking:
            self._problem(f"{call.name} waits or reaches out: only a call step may use it, not an expression")
            return
        function = _KNOWN.get(call.name) if routine is None else _signature(routine)
        reason = "is not interpreted here" if function is None else function.wrong_count(len(call.arguments))
        if reason is not None:
            self._problem(f"function {call.name}: {reason}")


def _signature(routine: Routine) -> Function:
    parameters = {name: REQUIRED if value is None else value for name, value in routine.parameters.items()}
    return Function(routine.name, parameters, lambda: None)


def _constant(template: Template | None) -> Any:
    return None if template is None or isinstance(template.content, Expression) else template.content


def _blocking_routines(workflow: Workflow) -> frozenset[str]:
    """Subworkflows that make a blocking call, themselves or through another."""
    calls = {name: {call.function for call in _calls(routine.steps)} for name, routine in workflow.routines.items()}
    found: set[str] = set()
    while more := {name for name, used in calls.items() if used & (BLOCKING.keys() | found)} - found:
        found |= more
    return frozenset(found)


def _calls(action: Action) -> Iterator[Call]:
    if isinstance(action, Call):
        yield action
    for below in _below(action):
        yield from _calls(below)


def _below(action: Action) -> Iterator[Action]:
    match action:
        case Steps(steps):
            yield from (step.action for step in steps)
        case Switch(cases):
            yield from (case.action for case in cases)
        case Loop():
            yield action.steps
        case Parallel(work):
            yield from [work] if isinstance(work, Loop) else [branch.steps for branch in work]
        case Try(body, _, _, rescue):
            yield body
            yield from [] if rescue is None else [rescue]
