"""`len`, `keys`, `list.*`, `map.*`: cloud.google.com/workflows/docs/reference/stdlib/list and /map."""

from typing import Any, Final

from swell.local.workflows.failure import failure
from swell.local.workflows.library.function import Function, required, take


def _len(value: Any) -> int:
    return len(take("len", value, list, dict, str))


def _keys(map: Any) -> list[str]:  # noqa: A002 - documented name
    """Always sorted, as documented."""
    return sorted(take("keys", map, dict))


def _concat(objs: Any, val: Any) -> list[Any]:
    return [*take("list.concat", objs, list), val]


def _prepend(objs: Any, val: Any) -> list[Any]:
    return [val, *take("list.prepend", objs, list)]


def _get(map: Any, keys: Any) -> Any:  # noqa: A002
    """Null where the key, or one on the way to it, is missing."""
    found = take("map.get", map, dict)
    for key in keys if isinstance(keys, list) else [keys]:
        take("map.get", key, str)
        if not isinstance(found, dict) or key not in found:
            return None
        found = found[key]
    return found


def _delete(map: Any, key: Any) -> dict[str, Any]:  # noqa: A002
    take("map.delete", map, dict)
    if key not in map:
        raise failure("KeyError", f"key not found: {key}")
    return {each: value for each, value in map.items() if each != key}


def _merge(first: Any, second: Any) -> dict[str, Any]:
    return {**take("map.merge", first, dict), **take("map.merge", second, dict)}


FUNCTIONS: Final = (
    Function("len", required("value"), _len),
    Function("keys", required("map"), _keys),
    Function("list.concat", required("objs", "val"), _concat),
    Function("list.prepend", required("objs", "val"), _prepend),
    Function("map.get", required("map", "keys"), _get),
    Function("map.delete", required("map", "key"), _delete),
    Function("map.merge", required("first", "second"), _merge),
)
