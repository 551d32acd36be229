"""What the workflow `roll_out_index` asks for, over HTTP; every request may be sent again."""

import re
from typing import Any, Final

from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.control.requests import Empty
from functions.control.rolling_out import RollOut
from shared.auth.operators import require_operator
from shared.domain.limits import COLLECTION_NAME
from shared.errors import FieldProblem, InvalidRequest, NotFound, shortened
from shared.http import RequestModel, json_response, read_body
from shared.rollouts.rollout import Rollout, Step

ROLLOUT: Final = r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,79}"
_ROLLOUT: Final = re.compile(ROLLOUT)
_NUMBER: Final = re.compile(r"[0-9]{1,3}")
MAX_TREES: Final = 200
"""More are never worth their size: 200 trees of 250,000 rows take some 2 GB of an instance's 4."""


class BeginRollout(RequestModel):
    """`PUT /v1/rollouts/{rollout}`. `trees` of each forest; more find more per item inspected, and are larger."""

    collection: str = Field(pattern=f"^{COLLECTION_NAME.pattern}$")
    trees: int = Field(default=10, ge=1, le=MAX_TREES)


class VerifyRollout(RequestModel):
    """`POST …/verify`."""

    recall: float = Field(gt=0, le=1)


class RolloutRoutes:
    """Building, copying, measuring, serving, going back."""

    def __init__(self, roll_out: RollOut) -> None:
        self._roll_out = roll_out

    def routes(self) -> list[Route]:
        """As listed for `control` in topology.yaml."""
        base = "/v1/rollouts/{rollout}"
        return [
            Route(base, self.begin, methods=["PUT"]),
            Route(base, self.show, methods=["GET"]),
            Route(f"{base}/shards/{{shard}}/build", self.build, methods=["POST"]),
            Route(f"{base}/waves/{{wave}}/sync", self.sync, methods=["POST"]),
            Route(f"{base}/verify", self.verify, methods=["POST"]),
            Route(f"{base}/flip", self.flip, methods=["POST"]),
            Route(f"{base}/roll-back", self.roll_back, methods=["POST"]),
        ]

    async def begin(self, request: Request) -> Response:
        """Begin one, or go on with it."""
        require_operator(request)
        body = await read_body(request, BeginRollout)
        name = _name(request)
        rollout = await run_in_threadpool(self._roll_out.begin, name, body.collection, body.trees)
        return json_response(_plan(rollout))

    def show(self, request: Request) -> Response:
        """How far it is."""
        require_operator(request)
        rollout = self._rollout(request)
        states = [self._roll_out.rollouts.shard(rollout.id, shard) for shard in range(rollout.shards)]
        shards = [
            {
                "shard": shard,
                "is_built": state.is_built,
                "segments": len(state.staged),
                "recall": {f"{int(key[1:]) / 1000:g}": found for key, found in state.found.items()},
                "flipped_version": state.flipped,
                "rolled_back_version": state.rolled_back,
                "errors": dict(state.errors),
            }
            for shard, state in enumerate(states)
        ]
        return json_response({**_plan(rollout), "progress": shards})

    async def build(self, request: Request) -> Response:
        """Build the segments of one shard anew."""
        require_operator(request)
        await read_body(request, Empty)
        rollout, shard = await run_in_threadpool(self._rollout, request), _number(request, "shard")
        if shard >= rollout.shards:
            raise NotFound(f"rollout {rollout.id!r} has no shard {shard}; it has {rollout.shards}")
        [state] = await run_in_threadpool(self._roll_out.do, rollout, Step.BUILD, [shard])
        rows = sum(each.new.rows for each in state.staged if each.new is not None)
        return json_response({"shard": shard, "segments": len(state.staged), "rows": rows})

    async def sync(self, request: Request) -> Response:
        """Bring them to the regions of one wave."""
        require_operator(request)
        await read_body(request, Empty)
        rollout, wave = await run_in_threadpool(self._rollout, request), _number(request, "wave")
        return json_response(await run_in_threadpool(self._roll_out.stage, rollout, wave))

    async def verify(self, request: Request) -> Response:
        """Measure what they find."""
        require_operator(request)
        body = await read_body(request, VerifyRollout)
        rollout = await run_in_threadpool(self._rollout, request)
        states = await run_in_threadpool(self._roll_out.do, rollout, Step.VERIFY, _shards(rollout), body.recall)
        passes, recall = self._roll_out.passes(states, body.recall)
        return json_response({"passes": passes, "recall": recall})

    async def flip(self, request: Request) -> Response:
        """Serve them."""
        return await self._all(request, Step.FLIP)

    async def roll_back(self, request: Request) -> Response:
        """Serve again what was served before; where nothing was flipped, nothing changes."""
        return await self._all(request, Step.ROLL_BACK)

    async def _all(self, request: Request, step: Step) -> Response:
        require_operator(request)
        await read_body(request, Empty)
        rollout = await run_in_threadpool(self._rollout, request)
        states = await run_in_threadpool(self._roll_out.do, rollout, step, _shards(rollout))
        versions = [state.flipped if step is Step.FLIP else state.rolled_back for state in states]
        return json_response({"versions": versions})

    def _rollout(self, request: Request) -> Rollout:
        return self._roll_out.rollouts.get(_name(request))


def _plan(rollout: Rollout) -> dict[str, Any]:
    return {
        "rollout": rollout.id,
        "collection": rollout.collection,
        "trees": rollout.trees,
        "shards": _shards(rollout),
        "waves": [{"wave": number, "regions": list(wave)} for number, wave in enumerate(rollout.waves, 1)],
    }


def _shards(rollout: Rollout) -> list[int]:
    return list(range(rollout.shards))


def _name(request: Request) -> str:
    name: str = request.path_params["rollout"]
    if not _ROLLOUT.fullmatch(name):
        raise InvalidRequest(FieldProblem("rollout", shortened(name), f"ids matching {ROLLOUT}"))
    return name


def _number(request: Request, field: str) -> int:
    text: str = request.path_params[field]
    if not _NUMBER.fullmatch(text):
        raise InvalidRequest(FieldProblem(field, shortened(text), "a number of up to three digits"))
    return int(text)
