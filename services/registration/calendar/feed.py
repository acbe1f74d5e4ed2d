"""The dates as iCalendar (RFC 5545)."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from icalendar import Calendar, Event

from services.registration.tables import PlannedDate

#: Words for a kind of date, which follow the title.
WORDS = {
    "opens": "åpner",
    "reminder": "påminnelsen går ut",
    "closes": "siste dag å svare på",
    "call_closes": "oppropet er over",
    "reply_by": "svarfrist",
    "starts": "møtet",
    "follow_up_due": "fortell hva det førte til",
    "participation_forgotten": "hvem som var med, slettes",
    "answers_forgotten": "enkeltsvarene slettes",
}


def words_of(date: PlannedDate) -> str:
    """``Klima: siste dag å svare på``."""
    return f"{date.title}: {WORDS.get(date.kind, date.kind)}"


def calendar_of(dates: Iterable[PlannedDate], name: str, public_url: str, now: datetime) -> bytes:
    """Every date as an event of its own; one that moves replaces itself."""
    calendar = Calendar()
    calendar.add("prodid", "-//Innbyggerpanelet//staff//NO")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    counts: Counter[str] = Counter()
    for date in dates:
        event, name_of = Event(), f"{date.service}-{date.dates_id}-{date.kind}"
        counts[name_of] += 1
        event.add("uid", f"{name_of}-{counts[name_of]}@innbyggerpanel")
        event.add("dtstamp", now)
        event.add("dtstart", date.at)
        event.add("dtend", date.until or date.at + timedelta(minutes=1))
        event.add("summary", words_of(date))
        event.add("url", f"{public_url}{date.page}")
        calendar.add_component(event)
    return bytes(calendar.to_ical())
