"""The push that is being handled, as Flask has it; functions-framework hands the function its event only."""

from functools import cache

import flask

from shared.auth.errors import Forbidden, Unauthenticated
from shared.auth.google_tokens import verify_with_google
from shared.auth.push_identity import Push, PushGate, PushSettings
from shared.telemetry import log


@cache
def _gate() -> PushGate:
    return PushGate(PushSettings(), verify_with_google())


def require_own_push() -> None:
    """Return if the current request is a push of our own subscriptions; end it with 401 or 403 if not.

    A refused push comes again and ends in the dead-letter topic: a mistake in the settings loses nothing.

    Raises:
        ConfigurationError: the settings name no sender.
        DependencyUnavailable: the sender's token cannot be checked now.
    """
    request = flask.request
    push = Push(
        peer=request.remote_addr or "",
        authorization=request.headers.get("Authorization", ""),
        url_token=request.args.get("token", ""),
    )
    try:
        _gate().check(push)
    except (Unauthenticated, Forbidden) as error:
        log("WARNING", "push refused", reason=error.code, peer=push.peer)
        flask.abort(error.status)
