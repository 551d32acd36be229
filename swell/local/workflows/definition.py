"""A workflow as it was read: routines of steps, every expression parsed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from swell.local.workflows.expressions.templates import Template
from swell.local.workflows.expressions.tree import Node


@dataclass(frozen=True)
class Target:
    """What is assigned to: a variable, or an element of one along `path`."""

    variable: str
    path: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Assign:
    """`assign`: in this order."""

    assignments: tuple[tuple[Target, Template], ...]


@dataclass(frozen=True)
class Call:
    """`call`, `args`, `result`."""

    function: str
    arguments: Template
    result: str | None = None


@dataclass(frozen=True)
class Case:
    """One `condition` of a switch and what follows from it."""

    condition: Template
    action: "Action"
    next: str | None


@dataclass(frozen=True)
class Switch:
    """`switch`: the first condition that is true."""

    cases: tuple[Case, ...]


@dataclass(frozen=True)
class Loop:
    """`for`: over a list, or over a range whose both ends belong to it."""

    value: str
    over: Template
    is_range: bool
    steps: "Steps"
    index: str | None = None


@dataclass(frozen=True)
class Branch:
    """One of the `branches` of a parallel step."""

    name: str
    steps: "Steps"


@dataclass(frozen=True)
class Parallel:
    """`parallel`: branches, or a loop whose iterations run side by side."""

    work: tuple[Branch, ...] | Loop
    shared: tuple[str, ...]
    concurrency_limit: Template | None


@dataclass(frozen=True)
class Retry:
    """`retry`: a policy by its name, or predicate, count and back-off. `predicate` is a function's or subworkflow's."""

    predicate: str
    max_retries: Template
    initial_delay_s: Template
    max_delay_s: Template
    multiplier: Template


@dataclass(frozen=True)
class Try:
    """`try`, `retry`, `except`."""

    body: "Steps"
    retry: Retry | None
    error_variable: str | None
    rescue: "Steps | None"


@dataclass(frozen=True)
class Raise:
    """`raise`: a string or a map."""

    payload: Template


@dataclass(frozen=True)
class Return:
    """`return`: ends the routine with a value."""

    value: Template


@dataclass(frozen=True)
class Steps:
    """`steps`: a block of them."""

    steps: tuple["Step", ...]


@dataclass(frozen=True)
class Nothing:
    """A step that only jumps."""


Action = Assign | Call | Switch | Loop | Parallel | Try | Raise | Return | Steps | Nothing


@dataclass(frozen=True)
class Step:
    """A named step, and the step that follows it where that is not the next one."""

    name: str
    action: Action
    next: str | None = None


@dataclass(frozen=True)
class Routine:
    """The main workflow or a subworkflow. Parameters without a default have None."""

    name: str
    parameters: Mapping[str, Template | None]
    steps: Steps


@dataclass(frozen=True)
class Workflow:
    """A workflow that can be executed. `revision` changes with the source."""

    name: str
    revision: str
    routines: Mapping[str, Routine] = field(repr=False)

    @property
    def main(self) -> Routine:
        """Where an execution begins."""
        return self.routines["main"]
