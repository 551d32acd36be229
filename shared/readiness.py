"""Whether an instance can serve: `/ready`."""

from collections.abc import Callable, Mapping
from typing import Any

from shared.adapters.opening import Adapters
from shared.errors import DependencyUnavailable


def readiness(adapters: Adapters, can_do_without_state: Callable[[], bool] = lambda: False) -> Mapping[str, Any]:
    """What to say of an instance that can serve: the state store answers, or it can do without for now.

    A breaker that is open elsewhere is named and makes nobody unready: what needs that dependency is refused quickly,
    what does not is served, and a breaker that nobody calls would never close.

    Raises:
        DependencyUnavailable: the state store does not answer, and nothing can be served without it.
    """
    breakers = {name: breaker.state.value for name, breaker in adapters.breakers.items()}
    said: dict[str, Any] = {"dependencies": breakers} if breakers else {}
    state = adapters.breakers.get("state")
    try:
        if state is None or not (state.is_refusing and can_do_without_state()):
            adapters.state.get("health/probe")
    except DependencyUnavailable:
        if not can_do_without_state():
            raise
        return {"status": "degraded", **said}
    return {"status": "degraded", **said} if "open" in breakers.values() else said
