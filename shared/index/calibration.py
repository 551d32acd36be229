"""What was measured of one base segment when it was built: recall and time of every method and effort."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

from shared.errors import CorruptObject

FORMAT: Final = 1


@dataclass(frozen=True)
class SketchLevel:
    """`confidence` that the sketch is asked for, the recall that it reached and what that took.

    Recalls are of the 10 and the 100 nearest, the lower of held-out and perturbed queries; `filtered_10` is measured
    under filters that keep rows far from the query. `rows` are scored one by one, in the mean; `scans` is the share
    of queries that were settled by reading all rows.
    """

    confidence: float
    recall_10: float
    recall_100: float
    filtered_10: float
    rows_10: float
    rows_100: float
    scans_10: float
    scans_100: float


@dataclass(frozen=True)
class RemoteEffort:
    """`pool` rows proposed by bits, of which the `size` best by the finer estimate are fetched; recalls as above."""

    pool: int
    size: int
    recall_10: float
    recall_100: float
    filtered_10: float


@dataclass(frozen=True)
class ForestEffort:
    """`search_k` items inspected, the time that takes, and recalls as for the sketch."""

    search_k: int
    seconds: float
    recall_10: float
    recall_100: float


@dataclass(frozen=True, eq=False)
class Calibration:
    """The measurements of one base segment. Times are of the machine that built it: their ratios count.

    * `exact_single_s`: an exact search for one query; `exact_batched_s`: for one of 32 together
    * `sketch_fixed_s`: reading all bits; `sketch_row_s`: the exact score of one row
    * `forest_item_s`: one more item inspected, beyond the largest effort
    """

    rows: int
    questions: int
    exact_single_s: float
    exact_batched_s: float
    sketch_fixed_s: float
    sketch_row_s: float
    forest_item_s: float
    sketch: tuple[SketchLevel, ...]
    remote: tuple[RemoteEffort, ...]
    forest: tuple[ForestEffort, ...]

    def to_document(self) -> dict[str, Any]:
        """The form that stands in a manifest."""
        return {"format": FORMAT, **asdict(self)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read what `to_document` wrote.

        Raises:
            CorruptObject: it is not a calibration of this format.
        """
        try:
            values = dict(document)
            version = values.pop("format")
            if version != FORMAT:
                raise CorruptObject(f"calibration format {version!r}, this release reads {FORMAT}")
            values["sketch"] = tuple(SketchLevel(**level) for level in values["sketch"])
            values["remote"] = tuple(RemoteEffort(**effort) for effort in values["remote"])
            values["forest"] = tuple(ForestEffort(**effort) for effort in values["forest"])
            return cls(**values)
        except (KeyError, TypeError) as error:
            raise CorruptObject(f"calibration does not parse: {error!r}") from error
