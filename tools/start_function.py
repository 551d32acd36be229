# ruff: noqa: INP001, TID251 - copied into the image; the platform's own variables, before anything of ours
"""Starts the function that FUNCTION_TARGET names; `--check` asks whether it answers. The command of the image.

A bundle needs none of this: there the platform starts what it has built.
"""

import http.client
import os
import sys
from pathlib import Path

PORT = os.environ.get("PORT", "8080")


def main() -> None:
    """Become the server of the function, or look at it."""
    if "--check" in sys.argv:
        sys.exit(0 if _answers() else 1)
    functions, name = Path(__file__).resolve().parent / "functions", os.environ.get("FUNCTION_TARGET", "")
    known = sorted(path.parent.name for path in functions.glob("*/main.py"))
    if name not in known:
        sys.exit(f"FUNCTION_TARGET: got {name!r}, allowed: {', '.join(known)}")
    os.execv(sys.executable, [sys.executable, *_command(functions / name)])  # noqa: S606 - the name is a known one


def _command(folder: Path) -> list[str]:
    main_file = folder / "main.py"
    if (folder / "Procfile").is_file():  # a server of its own
        return ["-m", f"functions.{folder.name}.main"]
    takes_events = "@functions_framework.cloud_event" in main_file.read_text(encoding="utf-8")
    signature = ["--signature-type", "cloudevent" if takes_events else "http"]
    return [
        "-m",
        "functions_framework",
        "--source",
        str(main_file),
        "--target",
        folder.name,
        *signature,
        "--port",
        PORT,
    ]


def _answers() -> bool:
    """An event function answers a GET with 405, and lives."""
    connection = http.client.HTTPConnection("127.0.0.1", int(PORT), timeout=4)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status in {200, 405}
    except OSError:
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    main()
