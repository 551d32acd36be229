"""Which source files a Python file needs, found by reading import statements rather than by running anything."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

OUR_PACKAGES = ("functions", "shared")


def files_needed(root: Path, start: Path) -> set[Path]:
    """Return the files under `root` that importing `start` can reach, `start` included, relative to `root`.

    Imports inside functions and branches count, so what is loaded late is there too.
    What is imported by a computed name is not found; a test forbids such imports.
    """
    found: set[Path] = set()
    waiting = [start]
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting += [needed for name in _imported((root / file).read_bytes()) for needed in _files_of(root, name)]
    return found


@cache
def _imported(source: bytes) -> tuple[str, ...]:
    """The dotted name of everything that may be a module of ours; functions share most of their sources."""
    return tuple(_names(ast.parse(source)))


def _names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            # `from a.b import c`: c is a module or a name in a.b, and only the file system knows which
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name for name in names if name.split(".")[0] in OUR_PACKAGES)


def _files_of(root: Path, name: str) -> Iterator[Path]:
    """Yield the file of a module and of every package above it; the last part may be a name inside a module."""
    path = Path(*name.split("."))
    for part in (path, *path.parents[:-1]):
        for candidate in (part / "__init__.py", part.with_suffix(".py")):
            if (root / candidate).is_file():
                yield candidate
