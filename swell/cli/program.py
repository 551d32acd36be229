"""How the reader can run this program again."""

import shutil
from pathlib import Path


def program_name() -> str:
    """What to type: `swell` where it is installed, `./dev swell` in a checkout, else the module."""
    if shutil.which("swell"):
        return "swell"
    return "./dev swell" if Path("dev").is_file() else "python -m swell"
