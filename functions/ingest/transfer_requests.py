"""The bodies of imports and exports."""

from typing import Annotated

from pydantic import Field

from shared.bulk.choice import Choice
from shared.bulk.formats import Format
from shared.domain.limits import MAX_FIELD_NAME_CHARACTERS, MAX_IMPORTED_FIELDS, MAX_URI_CHARACTERS
from shared.http import RequestModel

Uri = Annotated[str, Field(min_length=1, max_length=MAX_URI_CHARACTERS)]
FieldName = Annotated[str, Field(min_length=1, max_length=MAX_FIELD_NAME_CHARACTERS)]


class ImportFile(RequestModel):
    """`POST /v1/collections/{collection}/import`. What is not named is `id`, `vector`, and all else attributes."""

    uri: Uri
    format: Format | None = None
    id_field: FieldName | None = None
    vector_field: FieldName | None = None
    attribute_fields: list[FieldName] | None = Field(default=None, max_length=MAX_IMPORTED_FIELDS)

    @property
    def choice(self) -> Choice:
        """The fields that were named."""
        names = None if self.attribute_fields is None else tuple(self.attribute_fields)
        return Choice(self.id_field, self.vector_field, names)


class ExportFile(RequestModel):
    """`POST /v1/collections/{collection}/export`. Without `uri` the file is kept to be fetched over HTTP."""

    uri: Uri | None = None
