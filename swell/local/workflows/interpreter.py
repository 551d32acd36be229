"""Runs a workflow: its routines, step by step. Source: cloud.google.com/workflows/docs/reference/syntax."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from swell.local.workflows.definition import (
    Action,
    Assign,
    Call,
    Loop,
    Nothing,
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
from swell.local.workflows.expressions.evaluating import Surroundings, evaluate
from swell.local.workflows.expressions.operators import truth, type_name
from swell.local.workflows.expressions.templates import Template
from swell.local.workflows.failure import Raised, failure
from swell.local.workflows.flow import Done, Flow, Jump, following
from swell.local.workflows.history import StepEntry
from swell.local.workflows.journal import Strand
from swell.local.workflows.library import FUNCTIONS
from swell.local.workflows.library.function import Function
from swell.local.workflows.limits import MAX_CALL_DEPTH, MAX_STEPS
from swell.local.workflows.parallel import run_side_by_side
from swell.local.workflows.retrying import run_with_retries
from swell.local.workflows.scope import Scope
from swell.local.workflows.timing import moment_after
from swell.local.workflows.world import World


@dataclass(frozen=True)
class Place:
    """Where in its course an execution is."""

    routine: Routine
    scope: Scope
    strand: Strand
    depth: int
    attempt: int = 1


class Interpreter:
    """One execution of one workflow."""

    def __init__(self, workflow: Workflow, world: World, max_steps: int = MAX_STEPS) -> None:
        self._workflow = workflow
        self._world = world
        self._max_steps = max_steps
        self._steps_taken = itertools.count(1)

    def run(self, argument: Any) -> Any:
        """The value that main returns.

        Raises:
            Raised: an error that nothing in the workflow caught.
            Cancelled: it was cancelled.
            Interrupted: this process ends.
        """
        main = self._workflow.main
        return self._routine(main, dict.fromkeys(main.parameters, argument), Strand(self._world.journal), 1)

    def _routine(self, routine: Routine, arguments: Mapping[str, Any], strand: Strand, depth: int) -> Any:
        if depth > MAX_CALL_DEPTH:
            raise failure("RecursionError", f"subworkflows are nested deeper than {MAX_CALL_DEPTH}")
        place = Place(routine, Scope({}), strand, depth)
        for name, default in routine.parameters.items():
            place.scope.assign(name, (), arguments[name] if name in arguments else self._value(default, place))
        flow = self._block(routine.steps, place)
        return flow.value if isinstance(flow, Done) else None

    def _block(self, block: Steps, place: Place) -> Flow:
        positions = {step.name: position for position, step in enumerate(block.steps)}
        position = 0
        while position < len(block.steps):
            flow = self._step(block.steps[position], place)
            if flow is None:
                position += 1
            elif isinstance(flow, Jump) and flow.target in positions:
                position = positions[flow.target]
            else:
                return flow
        return None

    def _step(self, step: Step, place: Place) -> Flow:
        self._world.stop.check()
        number = next(self._steps_taken)
        if number > self._max_steps:
            raise failure("ResourceLimitError", f"more than {self._max_steps:,} steps")
        entry = StepEntry(
            id=place.strand.next_step(),
            routine=place.routine.name,
            step=step.name,
            kind=_kind(step.action),
            started_at=self._world.time.now(),
            attempt=place.attempt,
        )
        if isinstance(step.action, Call):
            self._world.history.record(entry)
        try:
            flow = self._act(step.action, place)
        except Raised as error:
            self._world.history.record(entry.end(self._world.time.now(), error.payload))
            raise
        self._world.history.record(entry.end(self._world.time.now()))
        return flow if flow is not None else following(step.next)

    def _act(self, action: Action, place: Place) -> Flow:
        match action:
            case Assign():
                self._assign(action, place)
            case Call():
                self._call(action, place)
            case Raise(payload):
                raise Raised(self._value(payload, place))
            case Return(value):
                return Done(self._value(value, place))
            case Nothing():
                return None
            case _:
                return self._composite(action, place)
        return None

    def _composite(self, action: Action, place: Place) -> Flow:
        match action:
            case Steps():
                return self._block(action, place)
            case Switch():
                return self._switch(action, place)
            case Loop():
                return self._loop(action, place)
            case Try():
                return self._try(action, place)
            case Parallel():
                self._parallel(action, place)
        return None

    def _assign(self, action: Assign, place: Place) -> None:
        for target, value in action.assignments:
            with place.scope.guard:  # nobody else assigns between reading and writing
                path = [evaluate(node, self._around(place)) for node in target.path]
                place.scope.assign(target.variable, path, self._value(value, place))

    def _call(self, action: Call, place: Place) -> None:
        arguments = self._value(action.arguments, place)
        value = self._called(action.function, arguments, place)
        if action.result is not None:
            place.scope.assign(action.result, (), value)

    def _called(self, function: str, arguments: Mapping[str, Any], place: Place) -> Any:
        if function in self._workflow.routines:
            return self._routine(self._workflow.routines[function], arguments, place.strand, place.depth + 1)
        if function in self._world.calls:
            return self._world.calls[function](place.strand, arguments)
        return self._function(function, place).by_name(arguments)

    def _switch(self, action: Switch, place: Place) -> Flow:
        for case in action.cases:
            if truth(self._value(case.condition, place), "condition"):
                flow = self._act(case.action, place)
                return flow if flow is not None else following(case.next)
        return None

    def _loop(self, action: Loop, place: Place) -> Flow:
        for index, item in enumerate(self._items(action, place)):
            flow = self._block(
                action.steps, replace(place, scope=place.scope.inner(**_loop_variables(action, index, item)))
            )
            if isinstance(flow, Jump) and flow.target == "break":
                return None
            if flow is not None and flow != Jump("continue"):
                return flow
        return None

    def _items(self, action: Loop, place: Place) -> Sequence[Any]:
        over = self._value(action.over, place)
        if not isinstance(over, list):
            raise failure("TypeError", f"for takes a list, got {type_name(over)}")
        if not action.is_range:
            return over
        if len(over) != 2 or not all(type_name(bound) == "integer" for bound in over):
            raise failure("TypeError", "range takes two integers")
        return range(over[0], over[1] + 1)

    def _try(self, action: Try, place: Place) -> Flow:
        def attempt(number: int) -> Flow:
            return self._block(action.body, replace(place, attempt=number))

        try:
            if action.retry is None:
                return attempt(place.attempt)
            return run_with_retries(
                action.retry,
                attempt,
                value=lambda template: self._value(template, place),
                applies=lambda predicate, error: self._applies(predicate, error, place),
                pause=lambda delay_s: self._pause(delay_s, place),
            )
        except Raised as error:
            if action.rescue is None:
                raise
            caught = {} if action.error_variable is None else {action.error_variable: error.payload}
            return self._block(action.rescue, replace(place, scope=place.scope.inner(**caught)))

    def _applies(self, predicate: str, error: Any, place: Place) -> bool:
        routine = self._workflow.routines.get(predicate)
        if routine is None:
            return truth(FUNCTIONS[predicate].by_position([error]), "predicate")
        arguments = dict.fromkeys(list(routine.parameters)[:1], error)
        return truth(self._routine(routine, arguments, place.strand, place.depth + 1), "predicate")

    def _pause(self, delay_s: float, place: Place) -> None:
        wake = place.strand.once("retry", partial(moment_after, self._world.time, delay_s))
        self._world.time.wait_until(datetime.fromisoformat(wake), self._world.stop)

    def _parallel(self, action: Parallel, place: Place) -> None:
        limit = None if action.concurrency_limit is None else self._value(action.concurrency_limit, place)
        strand = place.strand.split()

        def branch(position: int, steps: Steps, variables: Mapping[str, Any]) -> None:
            scope = place.scope.branch(action.shared, **variables)
            self._block(steps, replace(place, scope=scope, strand=strand(position)))

        loop = action.work
        if isinstance(loop, Loop):
            branches = {
                str(index): partial(branch, index, loop.steps, _loop_variables(loop, index, item))
                for index, item in enumerate(self._items(loop, place))
            }
        else:
            branches = {each.name: partial(branch, position, each.steps, {}) for position, each in enumerate(loop)}
        run_side_by_side(branches, limit)

    def _value(self, template: Template | None, place: Place) -> Any:
        return None if template is None else template.value(self._around(place))

    def _around(self, place: Place) -> Surroundings:
        def call(name: str, arguments: Sequence[Any]) -> Any:
            routine = self._workflow.routines.get(name)
            if routine is None:
                return self._function(name, place).by_position(arguments)
            named = dict(zip(routine.parameters, arguments, strict=False))
            return self._routine(routine, named, place.strand, place.depth + 1)

        return Surroundings(place.scope.read, call)

    def _function(self, name: str, place: Place) -> Function:
        return FUNCTIONS.get(name) or self._world.environment(place.strand)[name]


def _loop_variables(action: Loop, index: int, item: Any) -> dict[str, Any]:
    return {action.value: item} if action.index is None else {action.value: item, action.index: index}


def _kind(action: Action) -> str:
    return action.function if isinstance(action, Call) else type(action).__name__.lower()
