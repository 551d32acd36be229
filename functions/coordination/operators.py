"""Names in the paths of operators' requests."""

import re
from typing import Final

from starlette.requests import Request

from functions.coordination.requests import NAME
from shared.auth.operators import require_operator
from shared.errors import FieldProblem, InvalidRequest, shortened

_NAME: Final = re.compile(NAME)


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
