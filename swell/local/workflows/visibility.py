"""Which variables and which jump targets there are at a step, as the language's scopes have it.

A variable belongs to the loop, the `except`, the parallel branch or the routine in which it is assigned, unless a
scope around that has it already. Source: cloud.google.com/workflows/docs/reference/syntax/variables.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from swell.local.workflows.definition import Action, Assign, Call, Loop, Routine, Steps, Switch, Try


@dataclass(frozen=True)
class Visible:
    """The variables of a scope; `fixed` are those that it may read and not write."""

    names: frozenset[str]
    fixed: frozenset[str] = frozenset()

    @classmethod
    def nothing(cls) -> "Visible":
        """No variables: defaults of parameters see none."""
        return cls(frozenset())

    @classmethod
    def of_routine(cls, routine: Routine) -> "Visible":
        """The parameters, and what the steps assign."""
        return cls(frozenset({*routine.parameters, *_assigned(routine.steps)}))

    def of_loop(self, loop: Loop) -> "Visible":
        """Within a loop."""
        return self._inner([*_loop_names(loop), *_assigned(loop.steps)])

    def of_handler(self, action: Try) -> "Visible":
        """Within an `except`."""
        caught = [] if action.error_variable is None else [action.error_variable]
        return self._inner([*caught, *(_assigned(action.rescue) if action.rescue else [])])

    def of_branch(self, steps: Steps, shared: Sequence[str], own: Sequence[str] = ()) -> "Visible":
        """Within a parallel branch: everything around is fixed, except what is shared."""
        fixed = (self.names - frozenset(shared)) | self.fixed
        return replace(self._inner([*own, *_assigned(steps)]), fixed=fixed - frozenset(own))

    def of_parallel_loop(self, loop: Loop, shared: Sequence[str]) -> "Visible":
        """Within an iteration of a parallel loop."""
        return self.of_branch(loop.steps, shared, _loop_names(loop))

    def has(self, name: str) -> bool:
        """Whether an expression may name it."""
        return name in self.names

    def may_write(self, name: str) -> bool:
        """Whether a step may assign to it."""
        return name not in self.fixed

    def _inner(self, names: Sequence[str]) -> "Visible":
        return replace(self, names=self.names | frozenset(names))


@dataclass(frozen=True)
class Zone:
    """The steps that a jump can reach, and what surrounds it."""

    steps: frozenset[str] = frozenset()
    in_loop: bool = False
    in_parallel_loop: bool = False
    parallel_depth: int = 0

    @property
    def in_parallel(self) -> bool:
        """Whether a parallel step is around."""
        return self.parallel_depth > 0

    def with_steps(self, names: Sequence[str]) -> "Zone":
        """Within a block: its steps and those of the blocks around."""
        return replace(self, steps=self.steps | frozenset(names))

    def of_loop(self) -> "Zone":
        """Within a loop, which no jump leaves."""
        return replace(self, steps=frozenset(), in_loop=True, in_parallel_loop=False)

    def of_parallel(self, *, is_loop: bool) -> "Zone":
        """Within a branch, which no jump leaves either."""
        return Zone(in_loop=False, in_parallel_loop=is_loop, parallel_depth=self.parallel_depth + 1)

    def refuses(self, target: str) -> str | None:
        """Why a step here cannot be followed by `target`, if it cannot."""
        if target == "end":
            return "inside of a parallel step this is not interpreted here" if self.in_parallel else None
        if target == "break":
            return None if self.in_loop else "not in a loop whose iterations follow each other"
        if target == "continue":
            return None if self.in_loop or self.in_parallel_loop else "not in a loop"
        return None if target in self.steps else "no such step in this block or one around it"


def _loop_names(loop: Loop) -> list[str]:
    return [loop.value] if loop.index is None else [loop.value, loop.index]


def _assigned(action: Action) -> Iterator[str]:
    """The variables that steps assign in their own scope: not those of loops, handlers and branches within."""
    match action:
        case Assign(assignments):
            yield from (target.variable for target, _ in assignments)
        case Call(_, _, str(result)):
            yield result
        case Steps(steps):
            for step in steps:
                yield from _assigned(step.action)
        case Switch(cases):
            for case in cases:
                yield from _assigned(case.action)
        case Try(body):
            yield from _assigned(body)
