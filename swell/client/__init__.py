"""The Python client: collections, writes and searches over HTTP, in numpy arrays."""

from swell.client.aio import AsyncCollection, AsyncSwell
from swell.client.cache import AnswerCache, CacheCounts
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
from swell.client.hedging import HedgeCounts, Hedging
from swell.client.operation import Operation, OperationProgress
from swell.client.reports import RequestReport
from swell.client.results import (
    CollectionDeclaration,
    CollectionDescription,
    FetchResult,
    Match,
    ProgressiveAnswer,
    QueryResult,
    Record,
    RegionalCopy,
    SegmentSummary,
    WatchedAnswer,
    WriteReceipt,
)
from swell.client.retries import NO_RETRIES, RetryPolicy

__all__ = [
    "NO_RETRIES",
    "AnswerCache",
    "ApiError",
    "AsyncCollection",
    "AsyncSwell",
    "CacheCounts",
    "ClientError",
    "Collection",
    "CollectionDeclaration",
    "CollectionDescription",
    "ConflictError",
    "Erasure",
    "FetchResult",
    "HedgeCounts",
    "Hedging",
    "InvalidRequestError",
    "Match",
    "NotFoundError",
    "Operation",
    "OperationFailedError",
    "OperationProgress",
    "Problem",
    "ProgressiveAnswer",
    "QueryResult",
    "Record",
    "RegionalCopy",
    "RequestReport",
    "RetryPolicy",
    "SegmentSummary",
    "ServerError",
    "Swell",
    "UnavailableError",
    "UnreachableError",
    "WatchedAnswer",
    "WriteReceipt",
]
