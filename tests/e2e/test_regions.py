"""Three regions on one machine: what is written is soon everywhere; one dies, nobody notices; it comes back."""

import json
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from functions.query.region_header import SERVED_BY
from shared.adapters.embedded.broker import SqliteBroker
from shared.adapters.embedded.state import SqliteState
from shared.domain.versions import VersionVector
from shared.regions.heads import RegionalHead
from shared.regions.lag import lag_target_s
from shared.regions.paths import regional_head_document
from shared.topology import load_topology
from swell.cli.main import app
from swell.client import RequestReport, Swell
from swell.local.region_choice import RegionOptions
from swell.local.regional import run_regions
from swell.local.regional_reads import CLIENT_REGION
from swell.local.running import RunningSwell

HOME, BELGIUM, TOKYO = "us-central1", "europe-west1", "asia-northeast1"
WITHIN_S = 60.0


@pytest.fixture(scope="module")
def swell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSwell]:
    """Home, Belgium and Tokyo; who dies stays dead until told to start."""
    with run_regions(tmp_path_factory.mktemp("regions"), options=RegionOptions(3)) as running:
        yield running


@pytest.fixture
def http(swell: RunningSwell) -> Iterator[httpx.Client]:
    """A client of the front door."""
    with httpx.Client(base_url=swell.url, timeout=60) as client:
        yield client


def write(http: httpx.Client, collection: str, ids: list[str]) -> str:
    """Commit some records and return the version."""
    records = [{"id": name, "vector": [1.0, float(number)]} for number, name in enumerate(ids)]
    answer = http.post(f"/v1/collections/{collection}/upsert", json={"records": records, "wait": "committed"})
    assert answer.status_code == 200, answer.text
    version: str = answer.json()["version"]
    return version


def search(http: httpx.Client, collection: str, near: str, **options: Any) -> httpx.Response:
    """A search by a client near a region."""
    body = {"vector": [1.0, 0.0], "top_k": 3, **options}
    return http.post(f"/v1/collections/{collection}/query", json=body, headers={CLIENT_REGION: near})


def until(holds: Callable[[], bool]) -> float:
    """Wait for something; how long it took in seconds."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < WITHIN_S
        time.sleep(0.02)
    return time.monotonic() - began


def versions(swell: RunningSwell, collection: str) -> dict[str, str | None]:
    """What each region that lives serves, asked of it directly."""
    found: dict[str, str | None] = {}
    for name, host in swell.regions.items():
        if host.is_running:
            answer = httpx.get(f"{host.url}/v1/collections/{collection}", timeout=30)
            found[name] = answer.json()["version"] if answer.status_code == 200 else None
    return found


def are_level(found: dict[str, str | None], newest: str) -> bool:
    """Whether three regions serve one version, which has all that was written; segments may have been merged since."""
    seen = {version for version in found.values() if version is not None}
    return len(found) == 3 and len(seen) == 1 and VersionVector.parse(*seen).covers(VersionVector.parse(newest))


def test_copies_come_within_the_targets_of_their_tiers(
    swell: RunningSwell, http: httpx.Client, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the storing of a manifest at home to the move of a region's head; by the median, as machines pause."""
    http.put("/v1/collections/lag", json={"dimension": 2}).raise_for_status()
    state = SqliteState(swell.log_files[0].parents[1] / "state.db")
    tiers = load_topology().regions
    lags: dict[str, list[float]] = {BELGIUM: [], TOKYO: []}
    for number in range(10):
        newest = write(http, "lag", [f"n{number}"])
        for region, found in lags.items():
            search(http, "lag", region, min_version=newest).raise_for_status()
            path = regional_head_document(region, "lag", 0)
            until(lambda path=path: state.get(path) is not None)  # type: ignore[misc]
            head = state.get(path)
            assert head is not None
            found.append(RegionalHead.from_document(head).lag_s)

    medians = {region: statistics.median(found) for region, found in lags.items()}
    with capsys.disabled():
        told = ", ".join(f"{region} {median:.2f} (worst {max(lags[region]):.2f})" for region, median in medians.items())
        print(f"\nmedian lag in s: {told}")  # noqa: T201 - the figures that the test is for
    assert all(median < lag_target_s(tiers[region].tier) for region, median in medians.items())


def test_a_story_of_three_regions(swell: RunningSwell, http: httpx.Client, capsys: pytest.CaptureFixture[str]) -> None:
    """Written at home, read near the client; a region dies during reads and writes, and comes back by itself."""
    http.put("/v1/collections/words", json={"dimension": 2}).raise_for_status()
    version = write(http, "words", ["a", "b"])
    replicated_s = until(lambda: set(versions(swell, "words").values()) == {version})

    # A region that is slow on a busy machine hands on up to 30 %: then the next search tells.
    for region in swell.regions:
        until(lambda region=region: search(http, "words", region).headers[SERVED_BY] == region)  # type: ignore[misc]

    served, newest = [], version
    swell.regions[BELGIUM].kill()
    for number in range(40):
        newest = write(http, "words", [f"w{number}"]) if number % 4 == 0 else newest
        answer = search(http, "words", BELGIUM, min_version=newest)
        assert answer.status_code == 200, answer.text
        served.append(answer.headers[SERVED_BY])
    assert BELGIUM not in served
    until(lambda: status(http)[BELGIUM]["status"] == "failed_over")
    assert BELGIUM not in {share["region"] for share in routes(http)[BELGIUM]}

    lost = forget_messages(swell, BELGIUM)
    swell.regions[BELGIUM].start()
    swell.regions[BELGIUM].await_ready()
    until(lambda: are_level(versions(swell, "words"), newest))
    until(lambda: status(http)[BELGIUM]["alive"])

    lags = {name: each["replication"]["lag_max_s"] for name, each in status(http).items()}
    with capsys.disabled():
        print(f"\n3 regions: replicated in {replicated_s:.2f} s; lags {lags}; {lost} announcements lost")  # noqa: T201
    assert lost > 0
    assert status(http)[BELGIUM]["replication"]["behind"] == 0


def test_a_region_reads_every_byte_of_its_copy_when_asked(swell: RunningSwell) -> None:
    """`swell tasks ask verify`: one agent, named, and what it found; asked again it is the same task."""
    command = ["tasks", "ask", "verify", "words", "--region", TOKYO, "--id", "v1", "--wait-s", str(WITHIN_S)]
    answers = [CliRunner().invoke(app, [*command, "--url", swell.url, "--json"]) for _ in range(2)]
    listed = CliRunner().invoke(app, ["tasks", "list", "--state", "done", "--url", swell.url, "--json"])

    first, second = (json.loads(answer.stdout) for answer in answers)
    assert (first["state"], first["agent"], first["attempts"]) == ("done", TOKYO, 1)
    assert first["result"]["objects"] > 0
    assert second == first
    assert json.loads(listed.stdout)["tasks"] == [first]


def test_a_collection_may_begin_elsewhere(swell: RunningSwell, http: httpx.Client) -> None:
    """It commits in the region that was asked for, and its description tells who has what."""
    with Swell(swell.url) as client:
        client.collections.create("tokyo", dimension=2, home=TOKYO, replication="mesh")
        newest = write(http, "tokyo", ["a"])
        until(lambda: {copy.version for copy in client.collections.get("tokyo").regions} == {newest})
        found = client.collections.get("tokyo")

    shown = CliRunner().invoke(app, ["collections", "get", "tokyo", "--url", swell.url]).stdout
    assert (found.home, found.replication) == (TOKYO, "mesh")
    assert {copy.region: copy.source for copy in found.regions} == {HOME: TOKYO, BELGIUM: TOKYO, TOKYO: None}
    assert all(copy.lag_s is not None for copy in found.regions if copy.region != TOKYO)
    assert f"commits in {TOKYO}, replicated as mesh" in shown
    assert search(http, "tokyo", HOME, consistency="strong").json()["matches"][0]["id"] == "a"


def test_every_region_says_what_it_sees(swell: RunningSwell) -> None:
    """Asked of the regions themselves: all three hear all three."""
    asked = CliRunner().invoke(app, ["regions", "ask", "--wait-s", str(WITHIN_S), "--url", swell.url, "--json"])

    found = json.loads(asked.stdout)
    assert (found["silent"], set(found["answers"])) == ([], set(swell.regions))
    assert all(set(answer["hears"]) == set(swell.regions) for answer in found["answers"].values())


def test_clients_find_the_regions(swell: RunningSwell, http: httpx.Client) -> None:
    """A client that knows the front door only reads from a region itself, and writes through the door."""
    http.put("/v1/collections/found", json={"dimension": 2})
    receipt = write(http, "found", ["a"])
    reports: list[RequestReport] = []

    with Swell(swell.url, find_regions=True, on_request=reports.append) as client:
        until(lambda: len(http.get("/v1/endpoints").json()["endpoints"]) == 3)
        found = client.collection("found").query([1, 0], min_version=receipt)

    told = http.get("/v1/endpoints").json()["endpoints"]
    assert ["a"] == found.ids
    assert ["/v1/endpoints", "/v1/collections/found/query"] == [report.path for report in reports]
    assert {name: host.url for name, host in swell.regions.items()} == {one["region"]: one["url"] for one in told}
    assert HOME == told[0]["region"]


def test_strong_reads_wait_for_home(swell: RunningSwell, http: httpx.Client) -> None:
    """In a region that only follows they see every commit made before them."""
    http.put("/v1/collections/strong", json={"dimension": 2}).raise_for_status()
    write(http, "strong", ["first"])
    until(lambda: search(http, "strong", TOKYO).headers[SERVED_BY] == TOKYO)

    for number in range(10):
        write(http, "strong", [f"n{number}"])
        answer = http.post(
            "/v1/collections/strong/fetch",
            json={"ids": [f"n{number}"], "consistency": "strong"},
            headers={CLIENT_REGION: TOKYO},
        )
        assert answer.json()["missing"] == []


def test_a_strange_region_is_refused(http: httpx.Client) -> None:
    """By name, with those that there are."""
    answer = search(http, "words", "mars-north1")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == CLIENT_REGION


def status(http: httpx.Client) -> dict[str, Any]:
    """The regions of the map."""
    return {each["region"]: each for each in http.get("/map").json()["regions"]}


def routes(http: httpx.Client) -> dict[str, list[dict[str, Any]]]:
    """Where the traffic of each region goes."""
    found: dict[str, list[dict[str, Any]]] = http.get("/map").json()["routes"]
    return found


def forget_messages(swell: RunningSwell, region: str) -> int:
    """Lose everything that was announced to a region; returns how much."""
    data_dir = swell.log_files[0].parents[1]
    broker = SqliteBroker(data_dir / "queue.db")
    everything = broker.subscriptions()
    lost = sum(count for name, count in broker.backlog().items() if name.endswith(f".{region}"))
    broker.declare([each for each in everything if not each.name.endswith(f".{region}")])
    broker.declare(everything)
    broker.close()
    return lost
