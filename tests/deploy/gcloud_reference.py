"""What gcloud takes: the commands that our documents and builds name, with their options, as gcloud itself lists them.

`python -m tests.deploy.gcloud_reference` writes the record anew, from the gcloud that is installed: it carries the
table of all its commands with it, for completion in shells.
"""

import json
import re
import runpy
import shlex
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from shared.topology.loading import TOPOLOGY_FILE

ROOT: Final = TOPOLOGY_FILE.parent
RECORD: Final = Path(__file__).with_name("gcloud_commands.json")
PAGES: Final = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").glob("*.md"),
        *ROOT.glob("terraform/**/*.md"),
        *ROOT.glob("terraform/envs/*/*.example"),
        *(ROOT / ".github").glob("workflows/*.yml"),
        ROOT / "cloudbuild.yaml",
    ]
)
_BESIDE: Final = Path("data") / "cli" / "gcloud_completions.py"
_BEGINS: Final = re.compile(r"(?:^|[`(|&] *|^# *)(gcloud [a-z][^`\n|]*)")
_ENDS: Final = re.compile(r" +#| > |\)$| && ")
_PLACEHOLDER: Final = "…"


def commands_in(text: str) -> Iterator[str]:
    """The lines of gcloud in a page: in fenced blocks, in backquotes, in scripts of a build; comments are left out."""
    joined = text.replace("\\\n", " ")
    for line in joined.splitlines():
        for found in _BEGINS.finditer(line.strip()):
            yield _ENDS.split(found[1])[0].rstrip(" )")


def problems(command: str, record: Mapping[str, Any]) -> list[str]:
    """What gcloud would not take of a line, as far as its table says."""
    words = [word for word in shlex.split(command.replace("$$", "$"))[1:] if word != _PLACEHOLDER]
    name = max((each for each in record["commands"] if words[: len(each.split())] == each.split()), key=len, default="")
    if not name:
        return [f"no such command: {command}"]
    options = {**record["global"], **record["commands"][name]}
    found = []
    for word in words:
        option, equals, value = word.partition("=")
        if not option.startswith("--"):
            continue
        known = options.get(option) or ("bool" if options.get(option.replace("--no-", "--", 1)) == "bool" else None)
        if known is None:
            found.append(f"{name}: no option {option}")
        elif known == "bool" and equals:
            found.append(f"{name}: {option} takes no value")
        elif isinstance(known, list) and equals and value not in known:
            found.append(f"{name}: {option} is one of {', '.join(known)}")
    return found


def recorded() -> dict[str, Any]:
    """The record."""
    loaded: dict[str, Any] = json.loads(RECORD.read_text(encoding="utf-8"))
    return loaded


def installed() -> dict[str, Any] | None:
    """The table of the gcloud on this machine; None without one."""
    program = shutil.which("gcloud")
    homes = [Path(program).resolve().parent.parent, Path("/usr/lib/google-cloud-sdk")] if program else []
    for home in homes:
        if (home / _BESIDE).is_file():
            tree: dict[str, Any] = runpy.run_path(str(home / _BESIDE))["STATIC_COMPLETION_CLI_TREE"]
            return {"version": (home / "VERSION").read_text(encoding="utf-8").strip(), "tree": tree}
    return None


def options_of(tree: Mapping[str, Any], command: str) -> dict[str, Any] | None:
    """The options of one command; None if there is no such command."""
    node: Mapping[str, Any] = tree
    for word in command.split():
        if word not in node["commands"]:
            return None
        node = node["commands"][word]
    return dict(node["flags"])


def _longest(tree: Mapping[str, Any], command: str) -> str:
    """The part of a line that names a command."""
    node, name = tree, []
    for word in shlex.split(command)[1:]:
        if word not in node["commands"]:
            break
        node = node["commands"][word]
        name.append(word)
    return " ".join(name)


def main() -> None:
    """Write the record."""
    found = installed()
    if found is None:
        raise SystemExit("gcloud is not installed")
    names = {_longest(found["tree"], each) for page in PAGES for each in commands_in(page.read_text(encoding="utf-8"))}
    record = {
        "version": found["version"],
        "global": found["tree"]["flags"],
        "commands": {name: options_of(found["tree"], name) for name in sorted(names) if name},
    }
    RECORD.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
