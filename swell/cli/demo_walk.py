"""The steps of the demo, one after the other."""

import time
from pathlib import Path
from typing import Final

from swell.cli.connection import connected
from swell.cli.demo_telling import Telling
from swell.client import Swell
from swell.demo.changes import check_changes
from swell.demo.directory import disk_use, fresh_directory
from swell.demo.ingest import COLLECTION, Ingested, await_indexed, await_searchable, upload
from swell.demo.measurements import measure_latency, measure_recall
from swell.demo.questions import ask, known
from swell.demo.report import DemoReport
from swell.demo.words import Vocabulary
from swell.local.embedded import run_embedded
from swell.local.emulated import run_on_emulators
from swell.local.running import Delivery, RunningSwell

_TOLD_WITHIN_S: Final = 0.3


def walk(telling: Telling, *, count: int, directory: Path, emulators: bool) -> DemoReport:
    """Start a Swell in `directory`, take it through its paces, stop it, and report.

    Raises:
        ConfigurationError: something that the demo needs is missing; it says how to get it.
        CommandFailed, TooSlow: a step failed.
    """
    started_s = time.monotonic()
    vocabulary = Vocabulary.load(count)
    with fresh_directory(directory) as fresh:
        telling.starting(fresh, emulators=emulators)
        start = run_on_emulators if emulators else run_embedded
        with start(fresh.absolute()) as running, connected(running.url) as client:
            telling.started(running.url, time.monotonic() - started_s)
            return _paces(telling, vocabulary, running, client, fresh, emulators=emulators, started_s=started_s)


def _paces(
    telling: Telling,
    vocabulary: Vocabulary,
    running: RunningSwell,
    client: Swell,
    directory: Path,
    *,
    emulators: bool,
    started_s: float,
) -> DemoReport:
    words = client.collection(COLLECTION)
    ingested = _ingest(telling, vocabulary, running, client)
    answers = [ask(words, vocabulary, question) for question in known(vocabulary)]
    telling.answers(answers)
    recall = measure_recall(words, vocabulary)
    latency = measure_latency(words, vocabulary)
    telling.measured(recall, latency, len(vocabulary.words))
    checks = []
    telling.changing()
    for check in check_changes(words, vocabulary):
        telling.checked(check)
        checks.append(check)
    return DemoReport(
        runtime="emulators" if emulators else "embedded",
        data_dir=str(directory),
        ingested=ingested,
        answers=answers,
        recall=recall,
        latency=latency,
        checks=checks,
        events=_told(running),
        disk=disk_use(directory),
        total_s=time.monotonic() - started_s,
    )


def _told(running: RunningSwell) -> list[Delivery]:
    """What flowed: a commit can be seen a moment before the line that tells of its delivery is written."""
    told, before = running.deliveries(), None
    while told != before:
        time.sleep(_TOLD_WITHIN_S)
        told, before = running.deliveries(), told
    return told


def _ingest(telling: Telling, vocabulary: Vocabulary, running: RunningSwell, client: Swell) -> Ingested:
    count = len(vocabulary.words)
    started_s = time.monotonic()
    with telling.progress("sent", count) as sent:
        for durable in upload(client, vocabulary):
            sent(durable)
    accepted_s = time.monotonic() - started_s
    with telling.progress("searchable", count) as found:
        searchable_s = await_searchable(client, count, started_s, lambda seen: found(seen.records))
    with telling.progress("in forests", count) as indexed:
        indexed_s, collection = await_indexed(client, running, started_s, lambda seen: indexed(seen.rows("base")))
    ingested = Ingested(accepted_s, searchable_s, indexed_s, collection)
    telling.ingested(ingested)
    return ingested
