"""What the error of a workflow says, for people: the causes, without what branches and HTTP wrap them in."""

from typing import Any, Final

from shared.errors import cut

LONGEST: Final = 200


def cause_of(error: Any) -> str:
    """One line; of several branches that failed each cause once."""
    return cut(_cause(error), LONGEST)


def _cause(error: Any) -> str:
    match error:
        case {"branches": [_, *_] as branches}:
            return "; ".join(dict.fromkeys(map(_cause, branches)))
        case {"error": inner} | {"payload": inner}:
            return _cause(inner)
        case {"body": {"detail": str(detail)}}:
            return detail
        case {"message": str(message), "region": str(region), "readiness": {"ready": ready, "wanted": wanted}}:
            return f"{region}: {message}, {ready} of {wanted} instances"
        case {"message": str(message)}:
            return message
        case _:
            return str(error)
