"""Who may coordinate: callers of the default tenant, who run this deployment; other tenants only use it."""

import re
from typing import Final

from starlette.requests import Request

from functions.coordination.requests import NAME
from shared.auth.errors import Forbidden
from shared.domain.tenancy import DEFAULT_TENANT
from shared.errors import FieldProblem, InvalidRequest, shortened
from shared.request_context import context_of

_NAME: Final = re.compile(NAME)


def require_operator(request: Request) -> None:
    """Go on only for an operator.

    Raises:
        Forbidden: the caller is of another tenant.
    """
    if context_of(request.scope).caller.tenant != DEFAULT_TENANT:
        raise Forbidden("only keys of the default tenant may see or change what regions agree on")


def name_in_path(request: Request, field: str) -> str:
    """A name in the path, for an operator.

    Raises:
        InvalidRequest: nothing can have this name.
        Forbidden: as `require_operator`.
    """
    require_operator(request)
    name: str = request.path_params[field]
    if not _NAME.fullmatch(name):
        raise InvalidRequest(FieldProblem(field, shortened(name), f"names matching {NAME}"))
    return name
