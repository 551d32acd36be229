"""A group of commands of which one need not be named."""

from typing import Any

from typer.core import TyperGroup

DEFAULT = "scenario"


class DefaultCommandGroup(TyperGroup):
    """What names no command is given to `scenario`: `swell rehearse world-cup-final`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As the group, with the name put in front where none is given."""
        if not args or (args[0] not in self.commands and args[0] not in {"--help", "-h"}):
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)
