"""The calls that are interpreted, and their parameters; what is not here is refused by its name."""

from collections.abc import Mapping
from typing import Any, Final

from swell.local.workflows.library.function import REQUIRED, required

_HTTP: Final = {"url": REQUIRED, "headers": None, "query": None, "auth": None, "timeout": None}
_WITH_BODY: Final = {**_HTTP, "body": None}

HTTP_METHODS: Final = {
    "http.get": "GET",
    "http.post": "POST",
    "http.put": "PUT",
    "http.patch": "PATCH",
    "http.delete": "DELETE",
}

BLOCKING: Final[Mapping[str, Mapping[str, Any]]] = {
    **{name: _HTTP if method == "GET" else _WITH_BODY for name, method in HTTP_METHODS.items()},
    "http.request": {"method": REQUIRED, **_WITH_BODY},
    "sys.log": {"text": None, "json": None, "data": None, "severity": "DEFAULT"},
    "sys.sleep": required("seconds"),
    "sys.sleep_until": required("time"),
    "events.create_callback_endpoint": {"http_callback_method": "POST"},
    "events.await_callback": {"callback": REQUIRED, "timeout": None},
    "googleapis.pubsub.v1.projects.topics.publish": required("topic", "body"),
}
"""Only `call:` steps may use these. Source: cloud.google.com/workflows/docs/reference/syntax/expressions."""

ENVIRONMENT: Final[Mapping[str, Mapping[str, Any]]] = {
    "sys.now": {},
    "sys.get_env": required("name", default=None),
    "uuid.generate": {},
}
"""Functions whose values depend on the execution; expressions may use them."""
