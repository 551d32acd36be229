"""The part of the standard library that expressions may call: nothing in it waits or reaches out."""

from collections.abc import Mapping
from typing import Final

from swell.local.workflows.library import collections, conversions, encodings, retries, texts, times
from swell.local.workflows.library.function import Function

FUNCTIONS: Final[Mapping[str, Function]] = {
    function.name: function
    for module in (collections, conversions, encodings, retries, texts, times)
    for function in module.FUNCTIONS
}
"""By name; `sys.now`, `sys.get_env` and `uuid.generate` depend on the execution and are in `calls.environment`."""
