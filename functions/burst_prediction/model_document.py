"""A fitted model as a state document: exact, and small enough to be one (1 MiB in Firestore)."""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from functions.burst_prediction.arrays import Floats
from functions.burst_prediction.bands import Bands
from functions.burst_prediction.crowds import Crowd
from functions.burst_prediction.event_memory import RememberedCrowd
from functions.burst_prediction.growth_features import EVENT_COLUMNS
from functions.burst_prediction.growth_model import Growth, GrowthModel
from functions.burst_prediction.profile import Profile

# Raised when the columns of the regression change; an older model is then fitted anew, not misread.
FORMAT = f"growth-1/{EVENT_COLUMNS}"


def model_document(model: GrowthModel) -> dict[str, Any]:
    """The document of a model."""
    profile = model.profile
    return {
        "format": FORMAT,
        "bin_min": model.bin_min,
        "profile": {
            "end_min": profile.end_min,
            "base": profile.base,
            "season": _packed(profile.season),
            "events": _packed(profile.events),
        },
        "growths": [
            {
                "lead_min": growth.lead_min,
                "centres": _packed(growth.centres),
                "scales": _packed(growth.scales),
                "coefficients": _packed(growth.coefficients),
                "bands": _packed(growth.bands.relative.ravel()),
            }
            for growth in model.growths
        ],
        "memory": [{**_seen(held.crowd), "departure": _packed(held.departure)} for held in model.memory],
    }


def model_of(document: Mapping[str, Any]) -> GrowthModel | None:
    """The model of a document; None if it was written by a release with other columns."""
    if document.get("format") != FORMAT:
        return None
    profile = document["profile"]
    return GrowthModel(
        bin_min=document["bin_min"],
        profile=Profile(
            profile["end_min"], profile["base"], _unpacked(profile["season"]), _unpacked(profile["events"])
        ),
        growths=tuple(_growth(growth) for growth in document["growths"]),
        memory=tuple(_remembered(held) for held in document["memory"]),
    )


def _seen(crowd: Crowd) -> dict[str, Any]:
    """A crowd that came: what was announced of it tells nothing any more."""
    return {name: value for name, value in asdict(crowd).items() if name != "announced_excess"}


def _growth(document: Mapping[str, Any]) -> Growth:
    return Growth(
        lead_min=document["lead_min"],
        centres=_unpacked(document["centres"]),
        scales=_unpacked(document["scales"]),
        coefficients=_unpacked(document["coefficients"]),
        bands=Bands(_unpacked(document["bands"]).reshape(4, -1)),
    )


def _remembered(document: Mapping[str, Any]) -> RememberedCrowd:
    fields = {name: value for name, value in document.items() if name != "departure"}
    return RememberedCrowd(Crowd(**fields), _unpacked(document["departure"]))


def _packed(values: Floats) -> str:
    return b64encode(values.astype("<f8").tobytes()).decode()


def _unpacked(text: str) -> Floats:
    return np.frombuffer(b64decode(text), "<f8").astype(np.float64)
