"""The first line of CSV: which columns there are, and of which types their attributes are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from shared.bulk.choice import Choice
from shared.bulk.problems import in_line, refused
from shared.domain.collection import AttributeType
from shared.domain.limits import ATTRIBUTE_NAME
from shared.errors import shortened


@dataclass(frozen=True)
class Header:
    """Places of the columns that are read. An attribute is a text, unless its column is called `name:type`."""

    id: int
    vector: int
    attributes: Mapping[str, tuple[int, AttributeType]]

    @classmethod
    def of(cls, file: str, cells: Sequence[str], choice: Choice) -> Self:
        """As the first line has it; columns without a name, as pandas writes its index, are passed over.

        Raises:
            InvalidFile: a column is missing, stands twice, or has a name or type that is none.
        """
        places: dict[str, int] = {}
        kinds: dict[str, str] = {}
        for place, cell in enumerate(cells):
            name, _, kind = cell.strip().partition(":")
            if name in places:
                raise refused(in_line(file, 1, f"column {place + 1}"), shortened(name), "names that stand once")
            if name:
                places[name], kinds[name] = place, kind
        row_id = choice.id(file, "id", list(places))
        if row_id is None:
            allowed = f"the column of the ids, one of: {', '.join(places)}"[:500]
            raise refused(f"{file}, id_field", "nothing", allowed)
        vector = choice.vector(file, "vector", list(places))
        wanted = choice.attributes(file, [name for name in places if name not in (row_id, vector)])
        attributes = {name: (places[name], _kind(file, name, kinds[name])) for name in wanted}
        return cls(places[row_id], places[vector], attributes)


def _kind(file: str, name: str, given: str) -> AttributeType:
    where = in_line(file, 1, f"column {shortened(name)}")
    if not ATTRIBUTE_NAME.fullmatch(name):
        raise refused(where, shortened(name), f"names matching {ATTRIBUTE_NAME.pattern}")
    if given and given not in set(AttributeType):
        raise refused(where, f"the type {shortened(given)}", f"one of {', '.join(AttributeType)}, or none for texts")
    return AttributeType(given or AttributeType.STRING)
