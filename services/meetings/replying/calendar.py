"""The calendar file of one who comes."""

from datetime import datetime

from icalendar import Calendar, Event

from services.meetings.tables import Meeting

_MAKER = "-//Innbyggerpanelet//meetings//NO"


def calendar_file(meeting: Meeting, description: str, url: str, now: datetime) -> bytes:
    """iCalendar (RFC 5545) with one event; loading a later version of the meeting replaces an earlier one.

    Of a cancelled meeting it takes the event out of the calendar.
    """
    cancelled = meeting.state == "cancelled"
    event = Event()
    event.add("uid", f"{meeting.id}@innbyggerpanel")
    event.add("dtstamp", now)
    # Cancelling is one version more, or calendars keep what they have.
    event.add("sequence", meeting.version + int(cancelled))
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("dtstart", meeting.starts_at)
    event.add("dtend", meeting.ends_at)
    event.add("summary", meeting.heading)
    event.add("location", meeting.place)
    event.add("description", description)
    event.add("url", url)
    calendar = Calendar()
    calendar.add("prodid", _MAKER)
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if cancelled else "PUBLISH")
    calendar.add_component(event)
    return bytes(calendar.to_ical())
