"""Which part of a request a function belongs to."""

import pytest

from benchmarks.profiling.stages import OTHER, FunctionTime, stage_of, stage_times


@pytest.mark.parametrize(
    ("file", "function", "expected"),
    [
        ("/x/shared/http.py", "read_body", "read and validate the body"),
        ("/x/shared/http.py", "json_response", "serialise the answer"),
        ("/x/shared/http.py", "__call__", "function app: errors, log line"),
        ("/x/shared/index/sketch.py", "nearest", "search: sketch"),
        ("/x/shared/index/snapshot.py", "search", "search: plan, put together"),
        ("/x/site-packages/uvicorn/protocols/http/httptools_impl.py", "send", "HTTP server: uvicorn"),
        ("/x/lib/python3.11/json/decoder.py", "decode", OTHER),
    ],
)
def test_a_function_belongs_to_the_stage_of_its_file(file: str, function: str, expected: str) -> None:
    """The function's name decides only within the files where parts of a request share one."""
    assert stage_of(file, function) == expected


def test_stage_times_are_per_request_and_longest_first() -> None:
    """Functions of one stage add up."""
    functions = [
        FunctionTime("/x/shared/index/sketch.py", "nearest", 200, 0.02),
        FunctionTime("/x/shared/index/sketch.py", "project", 200, 0.01),
        FunctionTime("/x/shared/telemetry.py", "log", 100, 0.001),
    ]

    stages = stage_times(functions, requests=100)

    assert [one.stage for one in stages] == ["search: sketch", "function app: errors, log line"]
    assert [one.microseconds for one in stages] == pytest.approx([300.0, 10.0])
