"""Run inside an unpacked bundle, as the platform does: load main.py, and print as JSON what came of it."""

import importlib
import json
import sys
import time
from pathlib import Path

target, is_server = sys.argv[1], sys.argv[2] == "server"

start = time.process_time()
import functions_framework.aio  # noqa: E402
import numpy as np  # noqa: E402, F401

platform_s = time.process_time() - start

start = time.process_time()
if is_server:
    sys.path.insert(0, str(Path.cwd()))
    importlib.import_module("main")  # the platform starts it as Procfile says
else:
    functions_framework.create_app(target, "main.py")
function_s = time.process_time() - start

import functions  # noqa: E402
import shared  # noqa: E402

modules = sorted(path.with_suffix("").as_posix().replace("/", ".") for path in Path().rglob("*.py"))
for module in modules:
    importlib.import_module(module.removesuffix(".__init__"))

registry = functions_framework._function_registry
report = {
    "platform_s": platform_s,
    "function_s": function_s,
    "packages": [functions.__file__, shared.__file__],
    "signature_type": registry.get_func_signature_type(target, "http" if is_server else ""),
    "interface": "server" if Path("Procfile").exists() else "asgi" if target in registry.ASGI_FUNCTIONS else "wsgi",
}
print(json.dumps(report))  # noqa: T201
