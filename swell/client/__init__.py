"""The Python client: collections, writes and searches over HTTP, in numpy arrays."""

from swell.client.client import Swell
from swell.client.collection import Collection
from swell.client.erasure import Erasure
from swell.client.errors import (
    ApiError,
    ClientError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    OperationFailedError,
    Problem,
    ServerError,
    UnavailableError,
    UnreachableError,
)
from swell.client.operation import Operation, OperationProgress
from swell.client.results import (
    CollectionDeclaration,
    CollectionDescription,
    FetchResult,
    Match,
    QueryResult,
    Record,
    SegmentSummary,
    WriteReceipt,
)
from swell.client.retries import NO_RETRIES, RetryPolicy
from swell.client.watching import WatchedAnswer

__all__ = [
    "NO_RETRIES",
    "ApiError",
    "ClientError",
    "Collection",
    "CollectionDeclaration",
    "CollectionDescription",
    "ConflictError",
    "Erasure",
    "FetchResult",
    "InvalidRequestError",
    "Match",
    "NotFoundError",
    "Operation",
    "OperationFailedError",
    "OperationProgress",
    "Problem",
    "QueryResult",
    "Record",
    "RetryPolicy",
    "SegmentSummary",
    "ServerError",
    "Swell",
    "UnavailableError",
    "UnreachableError",
    "WatchedAnswer",
    "WriteReceipt",
]
