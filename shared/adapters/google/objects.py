"""The object store on Cloud Storage."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import requests
from google.api_core import exceptions
from google.cloud.storage import Client
from google.cloud.storage.exceptions import DataCorruption
from google.cloud.storage.retry import DEFAULT_RETRY
from google.cloud.storage.transfer_manager import THREAD, download_chunks_concurrently

from shared.adapters.google.failures import dependency_errors
from shared.adapters.object_names import check_object_name
from shared.errors import DependencyUnavailable
from shared.ports.objects import GenerationMismatch, ObjectInfo, ObjectNotFound

ATTEMPT_TIMEOUT_S: Final = 30.0
RETRY: Final = DEFAULT_RETRY.with_delay(initial=0.2, maximum=4.0, multiplier=2.0).with_timeout(20.0)
"""What the client retries (429, 5xx, broken connections), with jitter, for less than half of an ack deadline.

429 on one name means that others write it too (about one write a second is taken). A repeated write may find its own
success and then raises `GenerationMismatch`: whoever must know reads the object back.
"""
CHECKSUM: Final = "crc32c"
DOWNLOAD_CHUNK_BYTES: Final = 16 * 1024 * 1024
DOWNLOAD_RANGES_AT_ONCE: Final = 8
_TYPE: Final = "application/octet-stream"


class GoogleObjects:
    """Objects in one bucket. Uploads and downloads are checked by CRC32C.

    Content of more than 8 MiB goes up as a resumable upload. The service checks its `if_generation` as well;
    fake-gcs-server does not.
    """

    def __init__(self, project: str, bucket: str) -> None:
        # Else the client asks about the bucket in the background, for traces, which a function may not do.
        os.environ.setdefault("DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA", "true")  # noqa: TID251 - the client's own
        self._client = Client(project=project)
        self._bucket = self._client.bucket(bucket)

    def put(self, name: str, content: bytes | Path, *, if_generation: int | None = None) -> ObjectInfo:
        """Store an object whole: a reader sees all of it or none. `if_generation=0` means create only.

        Raises:
            GenerationMismatch: it is not at `if_generation`, or this very put succeeded and its answer was lost.
        """
        blob = self._blob(name)
        options: dict[str, Any] = {
            "content_type": _TYPE,
            "if_generation_match": if_generation,
            "checksum": CHECKSUM,
            "timeout": ATTEMPT_TIMEOUT_S,
            "retry": RETRY,
        }
        with storage_errors(name):
            try:
                if isinstance(content, Path):
                    blob.upload_from_filename(str(content), **options)
                else:
                    blob.upload_from_string(content, **options)
            except exceptions.PreconditionFailed as error:
                raise GenerationMismatch(f"{name} is not at generation {if_generation}") from error
        return _info(blob)

    def read(self, name: str, *, start: int = 0, length: int | None = None) -> bytes:
        """`length` bytes from `start`, or to the end; nothing past the end.

        Raises:
            ObjectNotFound: there is no such object.
        """
        last = None if length is None else start + max(length, 1) - 1  # a range holds at least one byte
        with storage_errors(name):
            try:
                content: bytes = self._blob(name).download_as_bytes(
                    start=start or None,
                    end=last,
                    checksum=CHECKSUM if length is None and not start else None,  # known of whole objects only
                    timeout=ATTEMPT_TIMEOUT_S,
                    retry=RETRY,
                )
            except exceptions.RequestRangeNotSatisfiable:
                return b""
        return content[:length]

    def download(self, name: str, destination: Path) -> None:
        """Bring an object to a local file that does not exist yet.

        Raises:
            ObjectNotFound: there is no such object.
            FileExistsError: the local file exists.
        """
        partial = destination.with_name(f".{destination.name}.{uuid4().hex}")
        try:
            with storage_errors(name):
                # In ranges side by side: one connection to Cloud Storage brings some 60 MB/s, an instance has more.
                blob = self._blob(name)
                blob.reload(timeout=ATTEMPT_TIMEOUT_S, retry=RETRY)  # size and generation, by our own patience
                download_chunks_concurrently(
                    blob,
                    str(partial),
                    chunk_size=DOWNLOAD_CHUNK_BYTES,
                    download_kwargs={"timeout": ATTEMPT_TIMEOUT_S, "retry": RETRY},
                    worker_type=THREAD,
                    max_workers=DOWNLOAD_RANGES_AT_ONCE,
                    crc32c_checksum=True,
                )
            os.link(partial, destination)  # refuses to replace, unlike a rename
        finally:
            partial.unlink(missing_ok=True)

    def stat(self, name: str) -> ObjectInfo | None:
        """What is known of an object, or None."""
        check_object_name(name)
        with storage_errors(name):
            blob = self._bucket.get_blob(name, timeout=ATTEMPT_TIMEOUT_S, retry=RETRY)
        return _info(blob) if blob else None

    def delete(self, name: str, *, if_generation: int | None = None) -> None:
        """Remove an object; removing nothing is fine. fake-gcs-server does not look at `if_generation`.

        Raises:
            GenerationMismatch: the object is not at `if_generation`, and stays.
        """
        options: dict[str, Any] = {"if_generation_match": if_generation, "timeout": ATTEMPT_TIMEOUT_S, "retry": RETRY}
        try:
            with storage_errors(name):
                self._blob(name).delete(**options)
        except exceptions.PreconditionFailed as error:
            raise GenerationMismatch(f"{name} is not at generation {if_generation}") from error
        except ObjectNotFound:
            return

    def copy_from(self, bucket: str, name: str) -> ObjectInfo:
        """Bring the object of this name from another bucket; by Cloud Storage itself, in several calls if large.

        Raises:
            ObjectNotFound: the other bucket has no such object.
        """
        blob = self._blob(name)
        source, token = self._client.bucket(bucket).blob(name), None
        with storage_errors(name):
            while True:
                token, _, _ = blob.rewrite(source, token=token, timeout=ATTEMPT_TIMEOUT_S, retry=RETRY)
                if token is None:
                    return _info(blob)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """The objects whose names begin with `prefix`, by name."""
        if prefix:
            check_object_name(prefix.removesuffix("/"))
        with storage_errors(prefix):
            for blob in self._client.list_blobs(self._bucket, prefix=prefix, timeout=ATTEMPT_TIMEOUT_S, retry=RETRY):
                yield _info(blob)

    def close(self) -> None:
        """Close the connections. Nothing may be under way."""
        self._client.close()

    def _blob(self, name: str) -> Any:
        check_object_name(name)
        return self._bucket.blob(name)


def _info(blob: Any) -> ObjectInfo:
    return ObjectInfo(
        name=blob.name, size_bytes=blob.size, generation=int(blob.generation), created_at=blob.time_created
    )


@contextmanager
def storage_errors(name: str) -> Iterator[None]:
    """Raise `ObjectNotFound` or `DependencyUnavailable` for what Cloud Storage's client raises."""
    try:
        with dependency_errors(f"object {name}"):
            yield
    except exceptions.NotFound as error:
        raise ObjectNotFound(f"there is no object {name}") from error
    except (requests.RequestException, DataCorruption) as error:
        raise DependencyUnavailable(f"object {name}: {error}") from error
