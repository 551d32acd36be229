"""What generated JSON schemas have in common."""

from typing import Any


def without_titles(node: Any) -> Any:
    """Return a schema without the titles that pydantic makes of field names; a property called `title` stays."""
    if isinstance(node, list):
        return [without_titles(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: without_titles(value) for key, value in node.items() if not (key == "title" and isinstance(value, str))
    }
