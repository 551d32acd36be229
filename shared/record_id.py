"""The id of a record, as a request may give it."""

from typing import Annotated

from pydantic import AfterValidator, Field

from shared.domain.limits import MAX_ID_BYTES


def _within_bytes(record_id: str) -> str:
    try:
        size = len(record_id.encode())
    except UnicodeEncodeError:
        raise ValueError("text without lone surrogates") from None
    if size > MAX_ID_BYTES:
        raise ValueError(f"at most {MAX_ID_BYTES} bytes of UTF-8, this has {size}")
    return record_id


RecordId = Annotated[str, Field(min_length=1, strict=True), AfterValidator(_within_bytes)]
