"""`swell --help` is quick because it loads little."""

import subprocess
import sys

HEAVY = {"numpy", "httpx", "annoy", "pyarrow", "pydantic", "starlette", "uvicorn", "grpc", "rich", "tenacity"}


def test_the_command_line_loads_nothing_heavy() -> None:
    """Each of these costs every `swell --help` tens of milliseconds; commands load them when they run."""
    program = "import sys, swell.cli.main; print(*{name.partition('.')[0] for name in sys.modules})"

    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    assert HEAVY & set(loaded.split()) == set()
