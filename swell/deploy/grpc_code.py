"""Makes the Python code of `functions/stream/search.proto`: `python -m swell.deploy.grpc_code`."""

import sys
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Final

from shared.topology.loading import TOPOLOGY_FILE

PROTO: Final = Path("functions/stream/search.proto")
CODE: Final = PROTO.with_name("search_pb2.py")


def generated(root: Path) -> bytes:
    """The code as it must be; messages only, since what is registered with gRPC is a table of ours.

    Raises:
        RuntimeError: the .proto is wrong; the compiler has said why.
    """
    from grpc_tools import protoc  # noqa: PLC0415 - only needed here

    included = str(files("grpc_tools") / "_proto")
    with tempfile.TemporaryDirectory() as directory:
        arguments = ["protoc", f"-I{root}", f"-I{included}", f"--python_out={directory}", str(root / PROTO)]
        if protoc.main(arguments):
            raise RuntimeError(f"{PROTO} is not valid")
        code: bytes = (Path(directory) / CODE).read_bytes()
    return code


if __name__ == "__main__":
    ROOT = TOPOLOGY_FILE.parent
    (ROOT / CODE).write_bytes(generated(ROOT))
    sys.exit(0)
