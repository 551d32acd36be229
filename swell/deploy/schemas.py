"""What generated JSON schemas have in common."""

import ast
import inspect
from itertools import pairwise
from pathlib import Path
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


def attribute_docstrings(source: Path) -> list[tuple[str, str, str]]:
    """Class, attribute, and the text below it. Pydantic can read these too, but only while every function starts."""
    classes = [node for node in ast.parse(source.read_text("utf-8")).body if isinstance(node, ast.ClassDef)]
    return [
        (model.name, field.target.id, inspect.cleandoc(below.value.value))
        for model in classes
        for field, below in pairwise(model.body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str)
    ]
