"""Callbacks of Cloud Workflows: addresses that take a request from whoever may call workflows back."""

from typing import Any, Final
from urllib.parse import urlsplit

import google.auth
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession
from requests import Session
from requests.exceptions import RequestException

from shared.errors import DependencyUnavailable

_HOST: Final = "workflowexecutions.googleapis.com"
_SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"
_TIMEOUT_S: Final = 10
_NOBODY_WAITS: Final = frozenset({404, 409, 410})


class GoogleWorkflowCallbacks:
    """Calls as the function's own account, which needs the permission workflows.callbacks.send."""

    def __init__(self, session: Session | None = None) -> None:
        self._session = session

    def allows(self, url: str) -> bool:
        """As the port: this account's token goes to Cloud Workflows and nowhere else."""
        parts = urlsplit(url)
        return parts.scheme == "https" and parts.netloc == _HOST and parts.path.startswith("/v1/projects/")

    def send(self, url: str, body: Any) -> bool:
        """As the port."""
        try:
            self._session = self._session or _session()
            answer = self._session.post(url, json=body, timeout=_TIMEOUT_S, allow_redirects=False)
        except (GoogleAuthError, RequestException) as error:
            raise DependencyUnavailable(f"Cloud Workflows did not take the call: {type(error).__name__}") from error
        if answer.status_code in _NOBODY_WAITS:
            return False
        if not answer.ok:
            raise DependencyUnavailable(f"Cloud Workflows did not take the call: {answer.status_code}")
        return True


def _session() -> Session:
    credentials, _ = google.auth.default(scopes=[_SCOPE])
    return AuthorizedSession(credentials)
