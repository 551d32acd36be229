"""Users' files in buckets of Cloud Storage."""

import hashlib
import re
from collections.abc import Collection, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from google.api_core import exceptions
from google.cloud.storage import Client

from shared.adapters.google.objects import ATTEMPT_TIMEOUT_S, CHECKSUM, RETRY, storage_errors
from shared.adapters.object_names import check_object_name
from shared.bulk.problems import refused
from shared.bulk.source import RangedSource
from shared.domain.tenancy import DEFAULT_TENANT
from shared.errors import CorruptObject, FieldProblem, InvalidRequest, NotFound, shortened
from shared.ports.files import StoredPart
from shared.ports.objects import ObjectNotFound

_URI: Final = re.compile(r"gs://(?P<bucket>[a-z0-9][a-z0-9._-]{1,220}[a-z0-9])/(?P<name>.+)", re.DOTALL)
OWN_PREFIX: Final = "transfers/"
"""Of Swell's own bucket users see this part only: elsewhere are the indexes of all collections."""
_COMPOSED_AT_ONCE: Final = 32
"""cloud.google.com/storage/docs/composite-objects: the most that one request joins."""


class BucketFiles:
    """Objects as `gs://bucket/name`, in the buckets that an operator has named, and in one part of Swell's own.

    A file is read at the generation that it had when it was opened.
    """

    def __init__(self, project: str, own_bucket: str, buckets: Collection[str], own_prefix: str = OWN_PREFIX) -> None:
        self._project = project
        self._own_bucket = own_bucket
        self._own_prefix = own_prefix
        self._buckets = frozenset(buckets)

    def of_tenant(self, tenant: str) -> "BucketFiles":
        """A folder of Swell's own bucket, and nothing else; the default tenant's is all that was named."""
        if tenant == DEFAULT_TENANT:
            return self
        return BucketFiles(self._project, self._own_bucket, (), f"{OWN_PREFIX}tenants/{tenant}/")

    @cached_property
    def _client(self) -> Client:
        """Made when it is first needed: most functions never touch users' files."""
        return Client(project=self._project)

    def check(self, uri: str) -> None:
        """Refuse what is no `gs:` URI, and buckets that are not named.

        Raises:
            InvalidRequest: it says what is allowed.
        """
        self._checked(uri)

    def source(self, uri: str) -> RangedSource:
        """A file to read.

        Raises:
            NotFound: there is no such object.
            InvalidRequest: as `check`.
        """
        bucket, name = self._located(uri)
        found = self._source(bucket, name)
        if found is None:
            raise NotFound(f"there is no object {uri}")
        return found

    def export_uri(self, name: str) -> str:
        """An object of Swell's own bucket."""
        return f"gs://{self._own_bucket}/{self._own_prefix}exports/{name}"

    def write_part(self, uri: str, writer: str, content: Path, start: int) -> StoredPart:
        """Keep a part as an object beside the file, named by its content."""
        bucket, name = self._located(uri)
        with content.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()[:16]
        part = f"{_prefix(name, writer)}{start:015d}-{digest}"
        options: dict[str, Any] = {"checksum": CHECKSUM, "timeout": ATTEMPT_TIMEOUT_S, "retry": RETRY}
        with storage_errors(part), suppress(exceptions.PreconditionFailed):  # the same content is there already
            bucket.blob(part).upload_from_filename(str(content), if_generation_match=0, **options)
        return StoredPart(part, start, content.stat().st_size)

    def finish(self, uri: str, writer: str, parts: Sequence[StoredPart], closing: Path) -> int:
        """Join the parts and the last one, round by round, into the file, and return its size.

        Raises:
            CorruptObject: a part is missing, or not as long as it was.
        """
        bucket, name = self._located(uri)
        end = parts[-1].start + parts[-1].size_bytes
        size_bytes = end + closing.stat().st_size
        wanted = [part.name for part in parts]
        with storage_errors(uri):
            if {blob.name for blob in self._parts(bucket, name, writer)}.issuperset(wanted):
                last = self.write_part(uri, writer, closing, end)
                whole = self._joined(bucket, name, writer, [*wanted, last.name])
            else:
                whole = self._source_blob(bucket, name)  # finished before, and its parts removed
        if whole is None or whole.size != size_bytes:
            raise CorruptObject(f"{uri} has {whole and whole.size} bytes, its parts have {size_bytes}")
        self.discard(uri, writer)
        return size_bytes

    def remove(self, uri: str) -> None:
        """Remove an object; removing nothing is fine."""
        bucket, name = self._located(uri)
        with storage_errors(uri), suppress(exceptions.NotFound):
            bucket.blob(name).delete(timeout=ATTEMPT_TIMEOUT_S, retry=RETRY)

    def discard(self, uri: str, writer: str) -> None:
        """Remove the parts of a file."""
        bucket, name = self._located(uri)
        with storage_errors(uri):
            for blob in self._parts(bucket, name, writer):
                with suppress(exceptions.NotFound):
                    blob.delete(timeout=ATTEMPT_TIMEOUT_S, retry=RETRY)

    def close(self) -> None:
        """Close the connections. Nothing may be under way."""
        if "_client" in vars(self):
            self._client.close()

    def _parts(self, bucket: Any, name: str, writer: str) -> Any:
        return self._client.list_blobs(bucket, prefix=_prefix(name, writer), timeout=ATTEMPT_TIMEOUT_S, retry=RETRY)

    def _joined(self, bucket: Any, name: str, writer: str, parts: list[str]) -> Any:
        number = 0
        while len(parts) > _COMPOSED_AT_ONCE:
            joined = f"{_prefix(name, writer)}joined-{number:06d}"
            self._compose(bucket, joined, parts[:_COMPOSED_AT_ONCE])
            parts, number = [joined, *parts[_COMPOSED_AT_ONCE:]], number + 1
        return self._compose(bucket, name, parts)

    def _compose(self, bucket: Any, name: str, parts: Sequence[str]) -> Any:
        whole = bucket.blob(name)
        whole.content_type = "application/vnd.apache.parquet"
        whole.compose([bucket.blob(part) for part in parts], timeout=ATTEMPT_TIMEOUT_S, retry=RETRY)
        return whole

    def _source(self, bucket: Any, name: str) -> RangedSource | None:
        found = self._source_blob(bucket, name)
        if found is None:
            return None
        uri, generation = f"gs://{bucket.name}/{name}", int(found.generation)

        def read(start: int, length: int) -> bytes:
            return self._range(bucket.blob(name, generation=generation), uri, start, length)

        def find(other: str) -> RangedSource | None:
            folder, slash, _ = name.rpartition("/")
            return self._source(bucket, f"{folder}{slash}{other}")

        return RangedSource(uri, int(found.size), f"{found.size}-{generation}", read, find)

    def _range(self, blob: Any, uri: str, start: int, length: int) -> bytes:
        try:
            with storage_errors(uri):
                content: bytes = blob.download_as_bytes(
                    start=start, end=start + length - 1, checksum=None, timeout=ATTEMPT_TIMEOUT_S, retry=RETRY
                )
        except ObjectNotFound:
            raise refused(uri, "another content than at the start", "a file that does not change") from None
        return content

    def _source_blob(self, bucket: Any, name: str) -> Any:
        with storage_errors(name):
            return bucket.get_blob(name, timeout=ATTEMPT_TIMEOUT_S, retry=RETRY)

    def _located(self, uri: str) -> tuple[Any, str]:
        bucket, name = self._checked(uri)
        return self._client.bucket(bucket), name

    def _checked(self, uri: str) -> tuple[str, str]:
        found = _URI.fullmatch(uri)
        if found is None or not self._is_allowed(found["bucket"], found["name"]):
            raise InvalidRequest(FieldProblem("uri", shortened(uri, 200), self._allowed()))
        try:
            check_object_name(found["name"])
        except ValueError as error:
            raise InvalidRequest(FieldProblem("uri", shortened(uri, 200), f"another name: {error}")) from None
        return found["bucket"], found["name"]

    def _is_allowed(self, bucket: str, name: str) -> bool:
        if bucket == self._own_bucket:
            return name.startswith(self._own_prefix)
        return bucket in self._buckets

    def _allowed(self) -> str:
        others = "".join(f", gs://{bucket}/NAME" for bucket in sorted(self._buckets))
        return f"gs://{self._own_bucket}/{self._own_prefix}NAME{others}"


def _prefix(name: str, writer: str) -> str:
    return f"{name}.parts/{writer}/"
