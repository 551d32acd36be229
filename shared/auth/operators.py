"""Who may run a deployment: callers of the default tenant; other tenants only use it."""

from starlette.requests import Request

from shared.auth.errors import Forbidden
from shared.domain.tenancy import DEFAULT_TENANT
from shared.request_context import context_of


def require_operator(request: Request) -> None:
    """Go on only for an operator.

    Raises:
        Forbidden: the caller is of another tenant.
    """
    if context_of(request.scope).caller.tenant != DEFAULT_TENANT:
        raise Forbidden("only keys of the default tenant may see or change how this deployment is run")
