"""Three regions on Google's emulators: a bucket and two processes each, joined by one Firestore and pushes."""

import time
from pathlib import Path

import httpx
import pytest

from functions.query.region_header import SERVED_BY
from swell.local.emulated import run_on_emulators
from swell.local.region_choice import RegionOptions
from swell.local.regional_reads import CLIENT_REGION

BELGIUM = "europe-west1"
WITHIN_S = 60.0


@pytest.mark.emulators
def test_three_regions_replicate_and_one_dies(
    emulators_present: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is committed at home is copied by each region; reads near a region that was killed go on."""
    with run_on_emulators(tmp_path, regions=RegionOptions(3)) as swell, httpx.Client(base_url=swell.url) as http:
        http.timeout = 60.0
        http.put("/v1/collections/words", json={"dimension": 2}).raise_for_status()
        served = []
        for number in range(12):
            if number == 6:
                _await_copies(http)
                lags = {each["region"]: each["replication"]["lag_max_s"] for each in _regions(http)}
                swell.regions[BELGIUM].kill()
            body = {"records": [{"id": f"r{number}", "vector": [1.0, float(number)]}], "wait": "committed"}
            version = http.post("/v1/collections/words/upsert", json=body).raise_for_status().json()["version"]
            answer = http.post(
                "/v1/collections/words/fetch",
                json={"ids": [f"r{number}"], "min_version": version},
                headers={CLIENT_REGION: BELGIUM},
            )
            assert answer.status_code == 200, answer.text
            assert answer.json()["missing"] == []
            served.append(answer.headers[SERVED_BY])

    assert BELGIUM not in served[6:]
    with capsys.disabled():
        print(f"\n3 regions on the emulators: lag by region in s {lags}")  # noqa: T201


def _regions(http: httpx.Client) -> list[dict[str, dict[str, float]]]:
    found: list[dict[str, dict[str, float]]] = http.get("/map").json()["regions"]
    return found


def _await_copies(http: httpx.Client) -> None:
    deadline = time.monotonic() + WITHIN_S
    while any(each["replication"]["behind"] for each in _regions(http)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
