"""`json.*` and `base64.*`: cloud.google.com/workflows/docs/reference/stdlib/json and /base64."""

import base64
import binascii
import json
from typing import Any, Final

from swell.local.workflows.failure import failure
from swell.local.workflows.library.function import Function, required, take


def _json_text(data: Any, indent: Any) -> str:
    """Indented by four where `indent` is not given, as documented; keys are sorted."""
    width = None if isinstance(indent, bool) and not indent else indent if isinstance(indent, int) and indent else None
    try:
        return json.dumps(data, indent=width, sort_keys=True, ensure_ascii=False, separators=_separators(width))
    except TypeError as error:
        raise failure("TypeError", f"json: {error}") from None


def _separators(width: int | None) -> tuple[str, str]:
    return (",", ":") if width is None else (",", ": ")


def _json_decode(data: Any) -> Any:
    try:
        return json.loads(take("json.decode", data, bytes, str))
    except ValueError as error:
        raise failure("ValueError", f"json.decode: {error}") from None


def _base64_encode(data: Any, padding: Any) -> str:
    text = base64.b64encode(take("base64.encode", data, bytes)).decode()
    return text if padding else text.rstrip("=")


def _base64_decode(data: Any, padding: Any) -> bytes:
    text = str(take("base64.decode", data, str))
    try:
        return base64.b64decode(text if padding else text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise failure("ValueError", f"base64.decode: {error}") from None


FUNCTIONS: Final = (
    Function("json.encode", required("data", indent=None), lambda data, indent: _json_text(data, indent).encode()),
    Function("json.encode_to_string", required("data", indent=None), _json_text),
    Function("json.decode", required("data"), _json_decode),
    Function("base64.encode", required("data", padding=True), _base64_encode),
    Function("base64.decode", required("data", padding=True), _base64_decode),
)
