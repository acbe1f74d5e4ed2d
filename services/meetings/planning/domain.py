"""Rules of planning: days and hours become instants, and a meeting gets its address."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from services.meetings.seats.domain import replacements_stop_at
from shared.rules import FieldRefused, end_of_day
from shared.slugs import free_slug, slug_words


@dataclass(frozen=True)
class Times:
    """When a meeting is, and until when those drawn may answer; instants in UTC."""

    starts_at: datetime
    ends_at: datetime
    reply_by: datetime


def plan_times(
    day: date,
    starts: str,
    ends: str,
    reply_on: date | None,
    stop_hours: int,
    now: datetime,
    zone: ZoneInfo,
    reply_by: datetime | None,
) -> Times:
    """The meeting's instants, the last day to answer inclusive; raises the first of `times_faults` as FieldRefused."""
    for field, code in times_faults(day, starts, ends, reply_on, stop_hours, now, zone, reply_by).items():
        raise FieldRefused(field, code)
    starts_at = datetime.combine(day, time.fromisoformat(starts), zone)
    ends_at = datetime.combine(day, time.fromisoformat(ends), zone)
    if reply_by is None:
        assert reply_on is not None
        reply_by = end_of_day(reply_on, zone)
    return Times(starts_at, ends_at, reply_by)


def times_faults(
    day: date | None,
    starts: str | None,
    ends: str | None,
    reply_on: date | None,
    stop_hours: int | None,
    now: datetime,
    zone: ZoneInfo,
    reply_by: datetime | None,
) -> dict[str, str]:
    """Field -> code of what cannot be; of what is None, and so not known, nothing is said but of the deadline.

    ``starts`` and ``ends`` are HH:MM. The deadline must come before replacements stop, ``stop_hours`` before the start,
    or nobody would get the seats of the silent. After the draw people have been told it: then ``reply_by`` is it, and
    ``reply_on`` is not looked at.
    """
    faults: dict[str, str] = {}
    today = now.astimezone(zone).date()
    starts_at = datetime.combine(day, time.fromisoformat(starts), zone) if day and starts else None
    if (day is not None and day < today) or (starts_at is not None and starts_at <= now):
        faults["day"], starts_at = "day_in_the_past", None
    if starts and ends and ends <= starts:
        faults["ends"] = "ends_before_start"
    if reply_by is not None:
        if starts_at is not None and reply_by >= starts_at:
            faults["day"] = "day_before_deadline"
    elif reply_on is None:
        faults["reply_on"] = "reply_on"
    elif reply_on < today:
        faults["reply_on"] = "reply_in_the_past"
    elif starts_at is not None and end_of_day(reply_on, zone) >= starts_at:
        faults["reply_on"] = "reply_after_meeting"
    elif (
        starts_at is not None
        and stop_hours is not None
        and (end_of_day(reply_on, zone) >= replacements_stop_at(starts_at.astimezone(UTC), stop_hours))
    ):
        faults["reply_on"] = "reply_after_stop"
    return faults


def slug_of(heading: str, day: date, slugs: frozenset[str] = frozenset()) -> str:
    """The public address: what the meeting is called and its day, in letters every address may hold."""
    return free_slug(f"{slug_words(heading, 50, 'mote')}-{day.isoformat()}", slugs)
