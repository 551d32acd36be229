"""Listing and counting over HTTP."""

from typing import Any

import pytest

from tests.integration.http.conftest import Api

_V = [1.0, 0.0, 0.0]


def ask(api: Api, what: str, **body: Any) -> Any:
    """A list or a count of `words`."""
    return api.query.post(f"/v1/collections/words/{what}", json=body)


@pytest.fixture
def filled(api: Api) -> Api:
    """Nine records in three shards; three of them are loud."""
    api.declare(shards=3, attributes={"loud": "boolean"})
    api.upsert(*({"id": f"w{n}", "vector": _V, "attributes": {"loud": n % 3 == 0, "n": n}} for n in range(9)))
    api.commit()
    return api


def test_pages_of_all_shards_make_the_collection(filled: Api) -> None:
    """`next` leads through all records, each once, with the version that a conditional write may name."""
    records: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        page = ask(filled, "list", limit=4, include=["attributes", "vector"], **after).json()
        records += page["records"]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    stored = filled.query.post("/v1/collections/words/fetch", json={"ids": [one["id"] for one in records]}).json()

    assert len(records) == 9
    assert records == stored["records"]
    assert page["version"] == stored["version"]


def test_what_matches_is_listed_and_counted(filled: Api) -> None:
    """Writes that are committed later count later."""
    loud = {"eq": {"loud": True}}
    page = ask(filled, "list", filter=loud).json()
    counted = [ask(filled, "count", **body).json()["count"] for body in ({}, {"filter": loud})]
    filled.ingest.post("/v1/collections/words/delete", json={"ids": ["w0", "w1"]})
    filled.commit()

    assert sorted(record["id"] for record in page["records"]) == ["w0", "w3", "w6"]
    assert (page["next"], "attributes" in page["records"][0], "vector" in page["records"][0]) == (None, False, False)
    assert counted == [9, 3]
    assert [ask(filled, "count", **body).json()["count"] for body in ({}, {"filter": loud})] == [7, 2]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 1001}, "limit"),
        ({"after": ""}, "after"),
        ({"filter": {"eq": {"n": 1}}}, "filter.eq"),
        ({"top_k": 3}, "top_k"),
        ({"min_version": "7:1"}, "min_version"),
    ],
)
def test_what_does_not_fit_is_named(filled: Api, body: dict[str, Any], field: str) -> None:
    """Field and allowed values, as everywhere. A version of another collection will never come: not worth waiting."""
    answer = ask(filled, "list", **body)

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)


def test_attributes_that_were_asked_for_are_always_there(api: Api) -> None:
    """Searched, fetched or listed: of a record that has none they are empty."""
    api.declare()
    api.upsert({"id": "bare", "vector": _V})
    api.commit()

    found = [
        api.search(vector=_V, include=["attributes"]).json()["matches"],
        api.query.post("/v1/collections/words/fetch", json={"ids": ["bare"]}).json()["records"],
        ask(api, "list", include=["attributes"]).json()["records"],
    ]

    assert [one[0]["attributes"] for one in found] == [{}, {}, {}]
    assert "attributes" not in api.search(vector=_V).json()["matches"][0]
