"""Updates, conditions and lists of the client, as they travel and as they come back."""

from typing import Any

import httpx
import numpy as np
import orjson
import pytest

from swell.client import Swell
from tests.unit.swell.client.recorded_server import RecordedServer, ok
from tests.unit.swell.client.test_collection import ACCEPTED, NOTHING_FOUND, ids, rows


def test_an_update_sends_only_what_changes() -> None:
    """What is None stays as it is, an attribute that is None is removed."""
    server = RecordedServer(ok({"accepted": 3, "version": "0:2", "missing": ["c"], "conflicts": ["b"]}))

    receipt = (
        server.client()
        .collection("words")
        .update(
            ["a", "b", "c"],
            attributes=[{"rank": 2, "note": None}, None, {"rank": 3}],
            vectors=[None, [1.0, 0.0], None],
            if_versions=[None, "17", None],
            wait="committed",
        )
    )

    (body,) = server.bodies()
    assert body["records"] == [
        {"id": "a", "attributes": {"rank": 2, "note": None}},
        {"id": "b", "vector": "AACAPwAAAAA=", "if_version": "17"},
        {"id": "c", "attributes": {"rank": 3}},
    ]
    assert (receipt.version, receipt.missing, receipt.conflicts) == ("0:2", ("c",), ("b",))
    assert server.requests[0].headers["Idempotency-Key"]


def test_a_long_update_has_one_receipt() -> None:
    """What was missing in any of its requests is missing."""
    answers = [ok({"accepted": 1, "version": f"0:{n}", "missing": [f"m{n}"]}) for n in (1, 2)]
    server = RecordedServer(*answers)

    receipt = server.client().collection("words").update(ids(1001), attributes=[{"n": 1}] * 1001, wait="committed")

    assert (receipt.version, receipt.missing) == ("0:2", ("m1", "m2"))


def test_an_upsert_may_have_conditions() -> None:
    """The version of a record that was fetched, or that it must not exist."""
    stored = {"id": "a", "version": "17", "vector": [1.0, 0.0]}
    server = RecordedServer(
        ok({"records": [stored], "missing": ["b"], "version": "0:1"}), ok({"accepted": 2, "conflicts": ["b"]})
    )
    words = server.client().collection("words")
    (record,) = words.fetch(["a", "b"]).records

    receipt = words.upsert(["a", "b"], rows(2), if_versions=[record.version, "absent"], wait="committed")

    assert [one["if_version"] for one in server.bodies()[1]["records"]] == ["17", "absent"]
    assert receipt.conflicts == ("b",)


def test_numbers_of_numpy_are_attributes_like_others() -> None:
    """They come out of data frames; what JSON has no form for is named with its record."""
    server = RecordedServer(ACCEPTED)
    words = server.client().collection("words")

    words.upsert(["a"], rows(1), [{"rank": np.int64(3), "price": np.float32(1.5), "on": np.bool_(True)}])
    with pytest.raises(TypeError, match="record 'b': got attributes that JSON has no form for"):
        words.upsert(["b"], rows(1), [{"rank": object()}])

    assert server.bodies()[0]["records"][0]["attributes"] == {"rank": 3, "price": 1.5, "on": True}
    assert len(server.requests) == 1


def test_complex_numbers_are_no_vector() -> None:
    """Half of them would be dropped."""
    server = RecordedServer(ok(NOTHING_FOUND))

    with pytest.raises(ValueError, match="allowed: real numbers"):
        server.client().collection("words").query(np.array([1j, 1]))


def test_records_are_listed_page_by_page_and_never_from_before() -> None:
    """Each page begins behind the last record, at the version of the page before or later."""

    def page(request: httpx.Request) -> httpx.Response:
        asked: dict[str, Any] = orjson.loads(request.content)
        first = int(asked.get("after", -1)) + 1
        records = [{"id": str(number), "version": "1", "attributes": {}} for number in range(first, first + 2)]
        return ok({"records": records, "next": str(first + 1) if first < 4 else None, "version": f"0:{first}"})

    server = RecordedServer(page)

    listed = server.client().collection("words").list_records(filter={"exists": "rank"}, page_records=2)

    assert [record.id for record in listed] == list("012345")
    assert [body.get("min_version") for body in server.bodies()] == [None, "0:0", "0:2"]
    assert server.bodies()[0] == {"include": ["attributes"], "limit": 2, "filter": {"exists": "rank"}}


def test_records_are_counted() -> None:
    """All of them, or those that match."""
    server = RecordedServer(ok({"count": 7, "version": "0:1"}))

    assert server.client().collection("words").count({"exists": "rank"}, consistency="strong") == 7
    assert server.bodies() == [{"filter": {"exists": "rank"}, "consistency": "strong"}]


def test_an_answer_says_what_is_wrong_with_it() -> None:
    """A program must be able to tell a whole, new answer from one that is partial, stale or cut."""
    caveats = {"partial": True, "stale": True, "age_ms": 1500, "serving_mode": "major", "top_k": 50}
    found = {"records": [], "missing": [], "version": "0:1"}
    server = RecordedServer(ok({**NOTHING_FOUND, **caveats}), ok({**found, **caveats}), ok(NOTHING_FOUND), ok(found))
    words = server.client().collection("words")

    poor, poor_fetch = words.query([1, 2]), words.fetch(["a"])
    good, good_fetch = words.query([1, 2]), words.fetch(["a"])

    assert (poor.is_partial, poor.stale_s, poor.serving_mode, poor.top_k) == (True, 1.5, "major", 50)
    assert (poor_fetch.is_partial, poor_fetch.stale_s) == (True, 1.5)
    assert (good.is_partial, good.stale_s, good.top_k) == (False, None, None)
    assert (good_fetch.is_partial, good_fetch.stale_s) == (False, None)


@pytest.mark.parametrize("url", ["127.0.0.1:8080", "ftp://swell.test", "http://", "http:///v1", "http://a?b=c"])
def test_what_is_no_address_is_refused_at_once(url: str) -> None:
    """Not after attempts and waits, as if a server were away."""
    with pytest.raises(ValueError, match="allowed: an address such as"):
        Swell(["http://swell.test", url])
