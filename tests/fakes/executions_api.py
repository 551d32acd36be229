"""The Executions API of Cloud Workflows over gRPC on loopback, speaking the client's own messages; nothing runs."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

import grpc
from google.cloud.workflows import executions_v1
from google.cloud.workflows.executions_v1.services.executions.transports import ExecutionsGrpcTransport
from google.cloud.workflows.executions_v1.types import Execution

_SERVICE: Final = "google.cloud.workflows.executions.v1.Executions"


class ExecutionsApi:
    """Keeps executions of the workflows of these names. `fails_next` is raised once, after the effect."""

    def __init__(self, *workflows: str) -> None:
        self._workflows = workflows
        self._guard = threading.Lock()
        self.executions: dict[str, Execution] = {}
        self.fails_next: grpc.StatusCode | None = None

    def end(self, run_id: str, **values: Any) -> None:
        """Let an execution end: `state`, and `result` or `error`."""
        with self._guard:
            found = next(each for name, each in self.executions.items() if name.endswith(run_id))
            for field, value in {**values, "end_time": datetime.now(UTC)}.items():
                setattr(found, field, value)

    def create(self, request: executions_v1.CreateExecutionRequest, context: grpc.ServicerContext) -> Execution:
        """CreateExecution."""
        self._require(request.parent, context)
        with self._guard:
            number = len(self.executions)
            name = f"{request.parent}/executions/e-{number:04}"
            made = Execution(
                name=name,
                argument=request.execution.argument,
                labels=request.execution.labels,
                state=Execution.State.ACTIVE,
                start_time=datetime.fromtimestamp(1_780_000_000 + number, UTC),
            )
            self.executions[name] = made
        if self.fails_next is not None:
            code, self.fails_next = self.fails_next, None
            context.abort(code, "lost")
        return made

    def get(self, request: executions_v1.GetExecutionRequest, context: grpc.ServicerContext) -> Execution:
        """GetExecution."""
        with self._guard:
            found = self.executions.get(request.name)
        if found is None:
            context.abort(grpc.StatusCode.NOT_FOUND, "no such execution")
        assert found is not None
        return found

    def list(
        self, request: executions_v1.ListExecutionsRequest, context: grpc.ServicerContext
    ) -> executions_v1.ListExecutionsResponse:
        """ListExecutions: the newest first."""
        self._require(request.parent, context)
        with self._guard:
            found = [each for name, each in self.executions.items() if name.startswith(f"{request.parent}/")]
        begin = int(request.page_token or 0)
        page = found[::-1][begin : begin + request.page_size]
        more = str(begin + len(page)) if begin + len(page) < len(found) else ""
        return executions_v1.ListExecutionsResponse(executions=page, next_page_token=more)

    def cancel(self, request: executions_v1.CancelExecutionRequest, context: grpc.ServicerContext) -> Execution:
        """CancelExecution."""
        found = self.get(executions_v1.GetExecutionRequest(name=request.name), context)
        if found.state != Execution.State.ACTIVE:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "it has ended")
        self.end(found.name, state=Execution.State.CANCELLED)
        return found

    def _require(self, parent: str, context: grpc.ServicerContext) -> None:
        if parent.rpartition("/")[2] not in self._workflows:
            context.abort(grpc.StatusCode.NOT_FOUND, "no such workflow")


@contextmanager
def served(api: ExecutionsApi) -> Iterator[executions_v1.ExecutionsClient]:
    """A client of the API, connected to it."""
    server = grpc.server(ThreadPoolExecutor(4))
    methods = {
        "CreateExecution": (api.create, executions_v1.CreateExecutionRequest, Execution),
        "GetExecution": (api.get, executions_v1.GetExecutionRequest, Execution),
        "ListExecutions": (api.list, executions_v1.ListExecutionsRequest, executions_v1.ListExecutionsResponse),
        "CancelExecution": (api.cancel, executions_v1.CancelExecutionRequest, Execution),
    }
    handlers = {name: _handler(*method) for name, method in methods.items()}
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(_SERVICE, handlers)])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    try:
        yield executions_v1.ExecutionsClient(transport=ExecutionsGrpcTransport(channel=channel))
    finally:
        channel.close()
        server.stop(None).wait(10)


def _handler(answer: Callable[[Any, grpc.ServicerContext], Any], request: Any, response: Any) -> Any:
    return grpc.unary_unary_rpc_method_handler(
        answer, request_deserializer=request.deserialize, response_serializer=response.serialize
    )
