"""One source bundle per function: the zip that Cloud Functions builds from.

main.py             functions/<name>/main.py; the platform looks for it at the top
functions/<name>/   the modules of the function that main.py can reach, and the pages that it serves
shared/             the modules of shared that it can reach
topology.yaml       if it can reach what reads it
requirements.txt    the pinned run-time set
Procfile            for a function that is a server of its own: how the platform starts it

The same sources make the same bytes on every machine, so a function is deployed again only if it changed.
"""

import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

from shared.topology import read_topology
from shared.topology.loading import TOPOLOGY_FILE
from swell.deploy.imports import files_needed

TOPOLOGY_READER = Path("shared/topology/loading.py")
OLDEST_DATE = (1980, 1, 1, 0, 0, 0)  # the first that a zip can hold
UNIX, PLAIN_FILE = 3, 0o100644 << 16


@dataclass(frozen=True)
class Bundle:
    """A bundle on disk. `sha256` names its content."""

    name: str
    path: Path
    sha256: str
    size_bytes: int


def build_bundles(out_dir: Path, *, root: Path = TOPOLOGY_FILE.parent) -> list[Bundle]:
    """Write `<out_dir>/<function>.zip` for every function of the topology under `root`."""
    out_dir.mkdir(parents=True, exist_ok=True)
    return [_build(name, out_dir, root) for name in read_topology(root / TOPOLOGY_FILE.name).functions]


def bundled_files(name: str, root: Path) -> dict[str, Path]:
    """Return what belongs in a function's bundle: name inside the bundle to file. Nothing else gets in."""
    main = Path("functions") / name / "main.py"
    needed = files_needed(root, main) - {main}
    files = {path.as_posix(): root / path for path in needed}
    files["main.py"] = root / main
    files["requirements.txt"] = root / "requirements.txt"
    pages = sorted((root / "functions" / name / "pages").glob("*"))
    files.update({page.relative_to(root).as_posix(): page for page in pages})
    start = root / "functions" / name / "Procfile"
    if start.is_file():
        files["Procfile"] = start
    if TOPOLOGY_READER in needed:
        files[TOPOLOGY_FILE.name] = root / TOPOLOGY_FILE.name
    return files


def _build(name: str, out_dir: Path, root: Path) -> Bundle:
    content = _zipped(bundled_files(name, root))
    path = out_dir / f"{name}.zip"
    partial = path.with_suffix(".partial")
    partial.write_bytes(content)
    partial.replace(path)
    return Bundle(name, path, hashlib.sha256(content).hexdigest(), len(content))


def _zipped(files: dict[str, Path]) -> bytes:
    """Return a zip that depends on names and contents alone."""
    buffer = io.BytesIO()
    # stored, not deflated: two versions of zlib compress the same bytes differently
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, date_time=OLDEST_DATE)
            entry.create_system, entry.external_attr = UNIX, PLAIN_FILE
            archive.writestr(entry, files[name].read_bytes())
    return buffer.getvalue()
