"""Events of iCalendar files."""

from datetime import UTC, datetime, timedelta

import pytest
from dateutil.rrule import rrulestr  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.control import ics_import
from functions.control.ics_import import IcsImport, ImportDefaults, SkipReason, import_ics
from functions.control.ics_rules import Rule, UnsupportedRule
from shared.domain.calendar import EventType
from shared.errors import InvalidRequest, RequestTooLarge

DEFAULTS = ImportDefaults({"europe-west1": 1.0})
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
END = datetime(2026, 5, 1, tzinfo=UTC)


def calendar(*entries: str) -> bytes:
    """A file of these entries."""
    events = [f"BEGIN:VEVENT\n{entry}\nEND:VEVENT" for entry in entries]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:test", *events, "END:VCALENDAR", ""]
    return "\n".join(lines).replace("\n", "\r\n").encode()


def read(*entries: str, defaults: ImportDefaults = DEFAULTS) -> IcsImport:
    """What these entries bring in March and April."""
    return import_ics(calendar(*entries), defaults, begin=BEGIN, end=END)


def starts(found: IcsImport) -> list[str]:
    """Starts on the wall clock of each event."""
    return [f"{event.starts_at_local:%m-%d %H:%M}" for event in found.events]


def test_an_entry_says_all_about_its_crowd() -> None:
    """Name, kind, stage, regions, audience, peak, duration and time zone are taken over."""
    (event,) = read(
        "UID:final-1\nSUMMARY:The final\\, at last\nCATEGORIES:Football,SPORTS\nX-SWELL-KIND:sports_final\n"
        "X-SWELL-STAGE:final\nX-SWELL-REGIONS:europe-west1=1\\, us-east1=0.3\nX-SWELL-AUDIENCE:1500000000\n"
        "X-SWELL-PEAK-MIN:90\nX-SWELL-EXPECTED-MULTIPLE:12.5\nDTSTART;TZID=Europe/Paris:20260320T200000\nDURATION:PT2H"
    ).events

    assert (event.event_id, event.name) == ("final-1", "The final, at last")
    assert (event.kind, event.stage, event.audience) == (EventType.SPORTS_FINAL, "final", 1_500_000_000)
    assert event.region_weights == {"europe-west1": 1.0, "us-east1": 0.3}
    assert (event.time_zone, event.duration) == ("Europe/Paris", timedelta(hours=2))
    assert (event.peak_after_start, event.expected_multiple) == (timedelta(minutes=90), 12.5)
    assert event.starts_at_local == datetime(2026, 3, 20, 20)  # noqa: DTZ001


def test_what_an_entry_does_not_say_is_taken_from_the_defaults() -> None:
    """A floating time is on the default's clock, a category may name the kind, a moment lasts as usual."""
    defaults = ImportDefaults({"us-east1": 0.5}, EventType.RELEASE, "America/New_York", timedelta(hours=3))

    plain, concert = read(
        "UID:a\nDTSTART:20260320T200000",
        "UID:b\nSUMMARY:Live\nCATEGORIES:CONCERT\nDTSTART;TZID=Europe/Berlin:20260321T200000",
        defaults=defaults,
    ).events

    assert (plain.name, plain.kind, plain.time_zone) == ("event", EventType.RELEASE, "America/New_York")
    assert (plain.duration, plain.region_weights) == (timedelta(hours=3), {"us-east1": 0.5})
    assert (concert.kind, concert.time_zone) == (EventType.CONCERT, "Europe/Berlin")


def test_times_in_utc_and_whole_days_are_taken() -> None:
    """A whole day begins at midnight and lasts a day."""
    utc, day = read(
        "UID:a\nDTSTART:20260320T190000Z\nDTEND:20260320T200000Z", "UID:b\nDTSTART;VALUE=DATE:20260401"
    ).events

    assert (utc.time_zone, utc.duration) == ("UTC", timedelta(hours=1))
    assert (f"{day.starts_at_local:%H:%M}", day.duration) == ("00:00", timedelta(days=1))


def test_a_recurring_entry_keeps_its_clock_and_its_exceptions() -> None:
    """Weekly at 20:00 in Paris, across the change of clocks, without the day left out and with the one added."""
    found = read(
        "UID:w\nDTSTART;TZID=Europe/Paris:20260318T200000\nDURATION:PT2H\nRRULE:FREQ=WEEKLY;COUNT=4\n"
        "EXDATE;TZID=Europe/Paris:20260325T200000\nRDATE;TZID=Europe/Paris:20260327T210000"
    )

    assert starts(found) == ["03-18 20:00", "03-27 21:00", "04-01 20:00", "04-08 20:00"]
    assert [event.event_id for event in found.events] == [
        "w@20260318T190000Z",
        "w@20260327T200000Z",
        "w@20260401T180000Z",
        "w@20260408T180000Z",
    ]


def test_a_time_with_an_entry_of_its_own_is_moved() -> None:
    """The override replaces the time it stands for, under that time's id; a cancelled override removes it."""
    series = "UID:w\nDTSTART:20260318T200000Z\nRRULE:FREQ=WEEKLY;COUNT=3"

    found = read(
        series,
        "UID:w\nRECURRENCE-ID:20260325T200000Z\nDTSTART:20260326T210000Z",
        "UID:w\nRECURRENCE-ID:20260401T200000Z\nSTATUS:CANCELLED\nDTSTART:20260401T200000Z",
    )

    assert starts(found) == ["03-18 20:00", "03-26 21:00"]
    assert found.events[1].event_id == "w@20260325T200000Z"
    assert [skip.reason for skip in found.skipped] == [SkipReason.CANCELLED]


@pytest.mark.parametrize(
    ("entry", "reason", "words"),
    [
        pytest.param("UID:x\nDTSTART:20250101T000000Z", SkipReason.OUTSIDE_WINDOW, "", id="long over"),
        pytest.param("UID:x\nSTATUS:CANCELLED\nDTSTART:20260320T000000Z", SkipReason.CANCELLED, "", id="cancelled"),
        pytest.param(
            "UID:x\nDTSTART:20260320T000000Z\nRRULE:FREQ=SECONDLY",
            SkipReason.RULE_NOT_SUPPORTED,
            "SECONDLY",
            id="secondly",
        ),
        pytest.param(
            "UID:x\nDTSTART:20260320T000000Z\nRRULE:FREQ=YEARLY;BYYEARDAY=100",
            SkipReason.RULE_NOT_SUPPORTED,
            "BYYEARDAY",
            id="day of the year",
        ),
        pytest.param("UID:x\nDTSTART:20260320T000000Z\nRRULE:FREQ=NEVER", SkipReason.NOT_ALLOWED, "", id="broken rule"),
        pytest.param("UID:x\nDTSTART:yesterday", SkipReason.NOT_ALLOWED, "DTSTART", id="broken start"),
        pytest.param("UID:x\nSUMMARY:no start", SkipReason.NOT_ALLOWED, "DTSTART", id="no start"),
        pytest.param(
            "UID:x\nDTSTART:20260320T000000Z\nDTEND:20260319T000000Z",
            SkipReason.NOT_ALLOWED,
            "DTEND",
            id="ends before",
        ),
        pytest.param(
            "UID:x\nDTSTART:20260320T000000Z\nX-SWELL-KIND:party", SkipReason.NOT_ALLOWED, "party", id="unknown kind"
        ),
        pytest.param(
            "UID:x\nDTSTART:20260320T000000Z\nX-SWELL-REGIONS:us-east1=7",
            SkipReason.NOT_ALLOWED,
            "region_weights",
            id="weight",
        ),
        pytest.param(
            "UID:x\nDTSTART:20260320T000000Z\nX-SWELL-REGIONS:mars1=1",
            SkipReason.NOT_ALLOWED,
            "X-SWELL-REGIONS: got mars1",
            id="region that is not ours",
        ),
        pytest.param(
            "UID:x\nDTSTART:20260320T000000Z\nX-SWELL-AUDIENCE:many",
            SkipReason.NOT_ALLOWED,
            "X-SWELL-AUDIENCE: got 'many', allowed: a whole number",
            id="audience in words",
        ),
        pytest.param(
            "UID:x\nDTSTART:20260320T000000Z\nX-SWELL-EXPECTED-MULTIPLE:0.1",
            SkipReason.NOT_ALLOWED,
            "expected_multiple: got 0.1, allowed: 1 to 1000",
            id="multiple below the usual",
        ),
        pytest.param(
            "UID:x\nDTSTART;TZID=Mars/Olympus:20260320T200000",
            SkipReason.NOT_ALLOWED,
            "DTSTART: got time zone 'Mars/Olympus'",
            id="unknown time zone",
        ),
    ],
)
def test_what_cannot_be_taken_is_named_with_its_reason(entry: str, reason: SkipReason, words: str) -> None:
    """One bad entry does not spoil a feed: the others are taken, and it is said which was not and why."""
    found = read(entry, "UID:good\nDTSTART:20260320T200000Z")

    assert [event.event_id for event in found.events] == ["good"]
    assert [(skip.uid, skip.reason) for skip in found.skipped] == [("x", reason)]
    assert words in found.skipped[0].detail


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"\xff\xfe\x00", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", b"BEGIN:VEVENT\r\nEND:VEVENT\r\n"],
)
def test_what_is_no_calendar_is_refused(content: bytes) -> None:
    """Nothing of it is taken, and the error names the field."""
    with pytest.raises(InvalidRequest, match=r"ics: got .*allowed: an iCalendar file"):
        import_ics(content, DEFAULTS, begin=BEGIN, end=END)


def test_size_and_number_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes, entries and times of entries have limits, which the error names."""
    with pytest.raises(RequestTooLarge, match="1000000 bytes"):
        import_ics(b" " * 1_000_001, DEFAULTS, begin=BEGIN, end=END)
    with pytest.raises(RequestTooLarge, match="1001 entries"):
        read(*["UID:x\nDTSTART:20260320T200000Z"] * 1001)
    monkeypatch.setattr(ics_import, "MAX_OCCURRENCES", 10)
    with pytest.raises(RequestTooLarge, match="times of events"):
        read("UID:x\nDTSTART:20260301T200000Z\nRRULE:FREQ=DAILY")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            calendar(*["UID:x\nDTSTART:19770101T000000Z" + "\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"] * 28),
            "rules over",
        ),
        (calendar("UID:x\n" + "X-A:1\n" * 20_001 + "DTSTART:20260320T200000Z"), "lines"),
        (b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 30_000, "lines"),
        (
            calendar("UID:x\nDTSTART:20260320T200000Z\nRDATE:" + ",".join(["20260321T200000Z"] * 2001)),
            "times of an event",
        ),
    ],
    ids=["rules that never fall", "properties", "nesting", "dates"],
)
def test_a_hostile_feed_costs_little(content: bytes, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is less than a megabyte, and takes minutes: the work a file may cause is counted before it is done."""
    monkeypatch.setattr(ics_import, "MAX_RULE_DAYS", 20_000)

    with pytest.raises(RequestTooLarge, match=words):
        import_ics(content, DEFAULTS, begin=BEGIN, end=END)


def test_long_ids_are_shortened_to_a_digest() -> None:
    """The same entry has the same id of allowed length."""
    entry = f"UID:{'x' * 400}\nDTSTART:20260320T200000Z"

    first, second = read(entry).events, read(entry).events

    assert first == second
    assert len(first[0].event_id) == 40


RULES = st.one_of(
    st.builds(
        "FREQ=DAILY;INTERVAL={}{}".format,
        st.integers(1, 9),
        st.sampled_from(["", ";BYDAY=MO,FR", ";BYMONTH=2,3", ";BYMONTHDAY=1,-1"]),
    ),
    st.builds(
        "FREQ=WEEKLY;INTERVAL={}{}{}".format,
        st.integers(1, 4),
        st.sampled_from(["", ";BYDAY=TU", ";BYDAY=SA,SU,MO"]),
        st.sampled_from(["", ";WKST=SU"]),
    ),
    st.builds(
        "FREQ=MONTHLY;INTERVAL={}{}".format,
        st.integers(1, 5),
        st.sampled_from(
            ["", ";BYDAY=1MO,-1FR", ";BYMONTHDAY=31", ";BYDAY=FR;BYMONTHDAY=13", ";BYDAY=MO,TU,WE;BYSETPOS=-1,1"]
        ),
    ),
    st.builds(
        "FREQ=YEARLY;INTERVAL={}{}".format,
        st.integers(1, 3),
        st.sampled_from(["", ";BYMONTH=2,6", ";BYMONTH=11;BYDAY=4TH", ";BYMONTHDAY=15", ";BYMONTH=5;BYMONTHDAY=1"]),
    ),
)


@settings(max_examples=300, deadline=None)
@given(rule=RULES, end=st.sampled_from(["", ";COUNT=7"]), day=st.integers(0, 800))
def test_rules_mean_what_they_mean_to_others(rule: str, end: str, day: int) -> None:
    """Against dateutil, over four years: the same times, for every rule that is supported and has some."""
    first = datetime(2024, 1, 1, 20) + timedelta(days=day)  # noqa: DTZ001
    latest = first + timedelta(days=4 * 366)
    parts = {name: value.split(",") for name, value in (part.split("=") for part in (rule + end).split(";"))}

    found = list(Rule.parse(parts, None).starts(first, latest))

    assert found == rrulestr(rule + end, dtstart=first).between(first, latest, inc=True)


def test_a_rule_without_any_match_ends() -> None:
    """The 30th of February is looked for until the last moment and no further."""
    rule = Rule.parse({"FREQ": ["DAILY"], "BYMONTH": [2], "BYMONTHDAY": [30]}, None)

    assert not list(rule.starts(datetime(1990, 1, 1), datetime(9000, 1, 1)))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"FREQ": ["DAILY"], "INTERVAL": [0]}, "INTERVAL"),
        ({"FREQ": ["DAILY"], "COUNT": [0]}, "COUNT"),
        ({"FREQ": ["DAILY"], "BYDAY": ["XX"]}, "BYDAY"),
        ({"FREQ": ["WEEKLY"], "BYDAY": ["2MO"]}, "BYDAY"),
        ({"FREQ": ["YEARLY"], "BYDAY": ["MO"]}, "BYMONTH"),
        ({"FREQ": ["WEEKLY"], "BYMONTHDAY": [1]}, "BYMONTHDAY"),
    ],
)
def test_rules_that_are_not_supported_are_refused(parts: dict[str, list[object]], words: str) -> None:
    """Rather none than other times than meant."""
    with pytest.raises(UnsupportedRule, match=words):
        Rule.parse(parts, None)
