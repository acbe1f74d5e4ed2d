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
    """The meeting's instants, the last day to answer inclusive; raises FieldRefused with the field that must change.

    ``starts`` and ``ends`` are HH:MM. The deadline must come before replacements stop, ``stop_hours`` before the start,
    or nobody would get the seats of the silent. After the draw people have been told it: then ``reply_by`` is it, and
    ``reply_on`` is not looked at.
    """
    starts_at = datetime.combine(day, time.fromisoformat(starts), zone)
    ends_at = datetime.combine(day, time.fromisoformat(ends), zone)
    if starts_at <= now:
        raise FieldRefused("day", "day_in_the_past")
    if ends_at <= starts_at:
        raise FieldRefused("ends", "ends_before_start")
    if reply_by is None:
        if reply_on is None:
            raise FieldRefused("reply_on", "reply_on")
        if reply_on < now.astimezone(zone).date():
            raise FieldRefused("reply_on", "reply_in_the_past")
        reply_by = end_of_day(reply_on, zone)
        if reply_by >= starts_at:
            raise FieldRefused("reply_on", "reply_after_meeting")
        if reply_by >= replacements_stop_at(starts_at.astimezone(UTC), stop_hours):
            raise FieldRefused("reply_on", "reply_after_stop")
    elif reply_by >= starts_at:
        raise FieldRefused("day", "day_before_deadline")
    return Times(starts_at, ends_at, reply_by)


def slug_of(heading: str, day: date, slugs: frozenset[str] = frozenset()) -> str:
    """The public address: what the meeting is called and its day, in letters every address may hold."""
    return free_slug(f"{slug_words(heading, 50, 'mote')}-{day.isoformat()}", slugs)
