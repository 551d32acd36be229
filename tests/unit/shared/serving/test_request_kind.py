"""What a request is for, by method and path."""

import pytest

from shared.serving.request_kind import RequestKind, request_kind


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("POST", "/v1/collections/films/import", RequestKind.BACKGROUND),
        ("POST", "/v1/collections/films/recall", RequestKind.BACKGROUND),
        ("POST", "/v1/calendar/import", RequestKind.WRITE),
        ("PUT", "/v1/collections/import", RequestKind.WRITE),
        ("POST", "/v1/collections/films/query", RequestKind.READ),
        ("POST", "/v1/stream", RequestKind.STREAM),
        ("GET", "/v1/operations/1/file", RequestKind.STREAM),
    ],
)
def test_only_the_work_of_collections_is_put_off(method: str, path: str, kind: RequestKind) -> None:
    """An operator's calendar is imported in every serving mode: it is what plans go by."""
    assert kind is request_kind("http", method, path)
