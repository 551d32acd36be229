"""What is delivered: an image, by digest, for each function; and in which order regions get it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import orjson

from shared.errors import FieldProblem, InvalidRequest, shortened
from shared.topology import Topology
from shared.topology.waves import region_waves

_IMAGE: Final = re.compile(r"[a-z0-9][a-z0-9._/:-]{1,254}@sha256:([0-9a-f]{64})")
_BY_DIGEST: Final = "an image by digest: HOST/PROJECT/REPOSITORY/NAME@sha256:…"
_MAX_FILE_BYTES: Final = 100_000


@dataclass(frozen=True)
class Place:
    """A Cloud Run service of a function in a region."""

    function: str
    service: str
    region: str

    @property
    def label(self) -> str:
        """For people."""
        return f"{self.service} in {self.region}"


@dataclass(frozen=True)
class Wave:
    """Places that get a release at the same time, after those of the waves before have had it in full."""

    number: int
    reason: str
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Release:
    """The image of each function that is delivered."""

    images: Mapping[str, str]

    def revision(self, place: Place) -> str:
        """What its revision is called there: by the digest, so that delivering twice makes it once."""
        found = _IMAGE.fullmatch(self.images[place.function])
        assert found is not None  # noqa: S101 - checked when it was read
        return f"{place.service}-{found.group(1)[:12]}"


def one_image(image: str, functions: Sequence[str]) -> Release:
    """A release of one image for all of these functions.

    Raises:
        InvalidRequest: the image is not named by digest.
    """
    return _checked(dict.fromkeys(functions, image), functions)


def read_release(path: Path, functions: Sequence[str]) -> Release:
    """A JSON object: function to image. All of them must be functions of the topology.

    Raises:
        InvalidRequest: it is not such a file; every problem is named.
    """
    if path.stat().st_size > _MAX_FILE_BYTES:
        raise InvalidRequest(FieldProblem("images", f"over {_MAX_FILE_BYTES} bytes", "an object of function to image"))
    try:
        document = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise InvalidRequest(FieldProblem("images", str(path), f"JSON ({error})")) from None
    if not isinstance(document, dict) or not document:
        raise InvalidRequest(FieldProblem("images", shortened(document), "an object of function to image"))
    return _checked(document, functions)


def _checked(images: Mapping[str, object], functions: Sequence[str]) -> Release:
    problems = [
        FieldProblem(f"images.{name}", shortened(name), f"one of {', '.join(functions)}")
        for name in images
        if name not in functions
    ]
    wrong = {name: image for name, image in images.items() if not isinstance(image, str) or not _IMAGE.fullmatch(image)}
    all_alike = len(wrong) > 1 and len(set(map(repr, wrong.values()))) == 1
    problems += [
        FieldProblem("images" if all_alike else f"images.{name}", shortened(image), _BY_DIGEST)
        for name, image in islice(wrong.items(), 1 if all_alike else None)
    ]
    if problems:
        raise InvalidRequest(*problems)
    return Release({name: str(image) for name, image in images.items()})


def plan_waves(topology: Topology, functions: Sequence[str]) -> list[Wave]:
    """One small region first, then the other small ones, then the hubs, the home region last.

    What runs in the home region only is there in the last wave, when all that it speaks to is of the release already.
    """
    regions = region_waves(topology)
    groups = [
        ("one small region, to find out with few callers", regions.first),
        ("the other small regions", regions.small),
        ("the hubs", regions.hubs),
        ("the home region, where writes are committed", (topology.home_region,)),
    ]
    waves: list[Wave] = []
    for reason, named in groups:
        places = tuple(place for region in named for place in _places(topology, functions, region))
        if places:
            waves.append(Wave(len(waves) + 1, reason, places))
    return waves


def _places(topology: Topology, functions: Sequence[str], region: str) -> list[Place]:
    found = []
    for name in functions:
        function = topology.functions[name]
        if function.placement == "home" and region != topology.home_region:
            continue
        service = name.replace("_", "-")
        found.append(Place(name, service, region))
        if function.interface == "server":  # gRPC has a service of its own: one takes one protocol
            found.append(Place(name, f"{service}-grpc", region))
    return found
