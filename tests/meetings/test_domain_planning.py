"""When a meeting may be, until when people answer, and when the seats of the silent go to others."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.meetings.calling.domain import call_ends_at, options_of
from services.meetings.planning.domain import Times, plan_times, slug_of
from services.meetings.seats.domain import replacement_replies_by, replacements_stop_at, waiting_ends_at
from shared.rules import FieldRefused

OSLO = ZoneInfo("Europe/Oslo")
#: A Thursday in winter: 12 o'clock in Norway is 11 UTC.
NOW = datetime(2026, 1, 8, 11, tzinfo=UTC)
DAY = date(2026, 1, 29)


def times(**changes: object) -> Times:
    """Of a meeting from 18 to 20 three weeks on, with replacements until two days before."""
    form = {
        "day": DAY,
        "starts": "18:00",
        "ends": "20:00",
        "reply_on": date(2026, 1, 20),
        "stop_hours": 48,
        "now": NOW,
        "zone": OSLO,
        "reply_by": None,
    }
    return plan_times(**{**form, **changes})  # type: ignore[arg-type]


def test_a_meetings_hours_are_the_municipalitys_and_its_last_day_to_answer_is_included() -> None:
    plan = times()
    assert plan.starts_at == datetime(2026, 1, 29, 17, tzinfo=UTC)
    assert plan.ends_at == datetime(2026, 1, 29, 19, tzinfo=UTC)
    assert plan.reply_by == datetime(2026, 1, 20, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changed", "field", "code"),
    [
        ({"now": datetime(2026, 1, 29, 17, tzinfo=UTC)}, "day", "day_in_the_past"),
        ({"ends": "18:00"}, "ends", "ends_before_start"),
        ({"reply_on": None}, "reply_on", "reply_on"),
        ({"reply_on": date(2026, 1, 7)}, "reply_on", "reply_in_the_past"),
        # It is the 9th in Norway an hour before it is in UTC.
        (
            {"reply_on": date(2026, 1, 8), "now": datetime(2026, 1, 8, 23, 30, tzinfo=UTC)},
            "reply_on",
            "reply_in_the_past",
        ),
        ({"reply_on": DAY}, "reply_on", "reply_after_meeting"),
        ({"reply_on": date(2026, 1, 28), "starts": "00:00", "stop_hours": 0}, "reply_on", "reply_after_meeting"),
        # Replacements stop at 18 on the 27th, six hours before the deadline.
        ({"reply_on": date(2026, 1, 27)}, "reply_on", "reply_after_stop"),
        ({"reply_on": date(2026, 1, 26), "starts": "00:00", "stop_hours": 48}, "reply_on", "reply_after_stop"),
        ({"reply_by": datetime(2026, 1, 29, 17, tzinfo=UTC)}, "day", "day_before_deadline"),
    ],
)
def test_a_time_that_breaks_a_rule_is_refused_with_its_field(changed: dict[str, object], field: str, code: str) -> None:
    with pytest.raises(FieldRefused) as refusal:
        times(**changed)
    assert (refusal.value.field, refusal.value.code) == (field, code)


@pytest.mark.parametrize(
    "changed",
    [
        {"now": datetime(2026, 1, 29, 16, 59, tzinfo=UTC), "reply_by": NOW},
        {"ends": "18:01"},
        {"reply_on": date(2026, 1, 8)},
        {"reply_on": date(2026, 1, 26)},
        # What was told at the draw stays, whatever the form says.
        {"reply_by": datetime(2026, 1, 29, 16, 59, tzinfo=UTC), "reply_on": date(2025, 1, 1)},
    ],
)
def test_a_time_just_within_the_rules_is_taken(changed: dict[str, object]) -> None:
    plan = times(**changed)
    assert plan.reply_by == changed.get("reply_by", plan.reply_by)


def test_a_meetings_address_says_what_and_when_and_is_its_own() -> None:
    assert slug_of("Blåbær på Høvik?", DAY) == "blabaer-pa-hovik-2026-01-29"
    assert slug_of("!", DAY) == "mote-2026-01-29"
    assert slug_of("ord " * 40, DAY) == f"{'ord-' * 12}or-2026-01-29"
    assert slug_of("Blåbær", DAY, frozenset({"blabaer-2026-01-29"})) == "blabaer-2026-01-29-2"


STARTS = datetime(2026, 1, 29, 17, tzinfo=UTC)


def test_nobody_is_drawn_from_the_stop_on() -> None:
    assert replacements_stop_at(STARTS, 48) == datetime(2026, 1, 27, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "first_had", "by"),
    [
        # The first had three days and a half; so has who is drawn on the 12th, to the end of that day.
        (datetime(2026, 1, 12, 8, tzinfo=UTC), timedelta(days=3.5), datetime(2026, 1, 15, 23, tzinfo=UTC)),
        # An hour is too short for anybody.
        (datetime(2026, 1, 12, 8, tzinfo=UTC), timedelta(hours=1), datetime(2026, 1, 13, 23, tzinfo=UTC)),
        # A day is 24 hours: it is 23:30 where people live.
        (datetime(2026, 1, 12, 22, 30, tzinfo=UTC), timedelta(hours=1), datetime(2026, 1, 13, 23, tzinfo=UTC)),
        # The day is counted where people live.
        (datetime(2026, 1, 12, 23, 30, tzinfo=UTC), timedelta(hours=1), datetime(2026, 1, 14, 23, tzinfo=UTC)),
        # Near the meeting it is an hour: half of the 48 before it.
        (datetime(2026, 1, 27, 8, tzinfo=UTC), timedelta(days=3), datetime(2026, 1, 28, 17, tzinfo=UTC)),
    ],
)
def test_a_replacement_has_as_long_as_the_first_had(now: datetime, first_had: timedelta, by: datetime) -> None:
    draw_at = datetime(2026, 1, 9, tzinfo=UTC)
    assert replacement_replies_by(now, draw_at, draw_at + first_had, STARTS, 48, OSLO) == by


@pytest.mark.parametrize(("stop_hours", "before"), [(48, 24), (24, 12), (6, 12), (30, 15)])
def test_who_waits_hears_half_a_day_before_at_the_latest(stop_hours: int, before: int) -> None:
    assert waiting_ends_at(STARTS, stop_hours) == STARTS - timedelta(hours=before)


MIDNIGHT = datetime(2026, 1, 19, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("last_day", "now", "code"),
    [
        (date(2026, 1, 7), NOW, "day_in_the_past"),
        (date(2026, 1, 8), datetime(2026, 1, 8, 23, 30, tzinfo=UTC), "day_in_the_past"),
        # It ends at the midnight at which those drawn must have answered.
        (date(2026, 1, 19), NOW, "no_time_to_draw"),
    ],
)
def test_a_call_ends_between_today_and_the_draw(last_day: date, now: datetime, code: str) -> None:
    with pytest.raises(FieldRefused) as refusal:
        call_ends_at(last_day, MIDNIGHT, now, OSLO)
    assert (refusal.value.field, refusal.value.code) == ("last_day", code)


def test_the_last_day_of_a_call_is_included() -> None:
    assert call_ends_at(date(2026, 1, 8), MIDNIGHT, NOW, OSLO) == datetime(2026, 1, 8, 23, tzinfo=UTC)
    assert call_ends_at(date(2026, 1, 18), MIDNIGHT, NOW, OSLO) == datetime(2026, 1, 18, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("question", "typed", "field", "code"),
    [
        ("", "Ja\nNei", "question", "options_alone"),
        ("Bil?", "Ja", "options", "number_of_options"),
        ("Bil?", "\n".join("abcdefghi"), "options", "number_of_options"),
        ("Bil?", "Ja\n ja ", "options", "option_twice"),
        ("Bil?", "Ja\n" + 61 * "x", "options", "option_too_long"),
    ],
)
def test_a_question_has_two_to_eight_short_options_that_differ(
    question: str, typed: str, field: str, code: str
) -> None:
    with pytest.raises(FieldRefused) as refusal:
        options_of(question, typed)
    assert (refusal.value.field, refusal.value.code) == (field, code)


def test_options_are_tidied_and_may_be_as_many_and_as_long_as_is_said() -> None:
    assert options_of("Bil?", " Ja,  ofte \n\nNei\n") == ["Ja, ofte", "Nei"]
    assert options_of("Bil?", "\n".join("abcdefgh")) == list("abcdefgh")
    assert options_of("Bil?", "Ja\n" + 60 * "x") == ["Ja", 60 * "x"]
    assert options_of("", " \n") == []
