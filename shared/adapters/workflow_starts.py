"""What both adapters of `WorkflowRuns` ask of a start."""

import re
from typing import Any, Final

import orjson

from shared.errors import FieldProblem, InvalidRequest, shortened

MAX_ARGUMENT_BYTES: Final = 32 * 1024
"""cloud.google.com/workflows/quotas: size of the arguments of an execution."""
START_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,199}")


def argument_text(name: str, argument: Any) -> str:
    """The argument as JSON, the same text for equal arguments.

    Raises:
        InvalidRequest: the name cannot be one, or the argument is not JSON or too large.
    """
    if not START_NAME.fullmatch(name):
        raise InvalidRequest(FieldProblem("name", shortened(name), f"names matching {START_NAME.pattern}"))
    try:
        text = orjson.dumps(argument, option=orjson.OPT_SORT_KEYS)
    except TypeError as error:
        raise InvalidRequest(FieldProblem("argument", shortened(argument), f"JSON ({error})")) from None
    if len(text) > MAX_ARGUMENT_BYTES:
        allowed = f"at most {MAX_ARGUMENT_BYTES} bytes"
        raise InvalidRequest(FieldProblem("argument", f"{len(text)} bytes", allowed))
    return text.decode()
