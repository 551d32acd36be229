"""Which fields of a file are the id, the vector and the attributes."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.bulk.problems import refused
from shared.errors import shortened


@dataclass(frozen=True)
class Choice:
    """What the user names; None leaves it to the format: `id`, `vector`, and all others as attributes."""

    id_field: str | None = None
    vector_field: str | None = None
    attribute_fields: tuple[str, ...] | None = None

    def vector(self, file: str, usual: str, present: Sequence[str]) -> str:
        """The field that holds the vectors.

        Raises:
            InvalidFile: the file has no such field.
        """
        return _found(file, "vector_field", self.vector_field or usual, present)

    def id(self, file: str, usual: str, present: Sequence[str]) -> str | None:
        """The field that holds the ids; None where nothing was asked for and the usual one is not there.

        Raises:
            InvalidFile: the file does not have the field that was asked for.
        """
        if self.id_field is None and usual not in present:
            return None
        return _found(file, "id_field", self.id_field or usual, present)

    def attributes(self, file: str, present: Sequence[str]) -> list[str]:
        """The fields that become attributes.

        Raises:
            InvalidFile: the file does not have one that was asked for.
        """
        if self.attribute_fields is None:
            return list(present)
        return [_found(file, "attribute_fields", name, present) for name in self.attribute_fields]

    def reject_fields(self, file: str) -> None:
        """For formats whose fields have no names.

        Raises:
            InvalidFile: a field was asked for by name.
        """
        for option, name in (("id_field", self.id_field), ("vector_field", self.vector_field)):
            if name is not None:
                raise refused(f"{file}, {option}", shortened(name), "nothing: this format has no names for fields")
        if self.attribute_fields:
            raise refused(f"{file}, attribute_fields", shortened(self.attribute_fields), "nothing: as above")


def _found(file: str, option: str, name: str, present: Sequence[str]) -> str:
    if name not in present:
        raise refused(f"{file}, {option}", shortened(name), f"one of: {', '.join(sorted(present))}"[:500])
    return name
