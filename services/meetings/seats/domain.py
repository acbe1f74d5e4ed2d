"""Rules of seats: bands, codes, deadlines."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from shared.rules import end_of_day

#: Invitations that hold a seat.
LIVE = ("invited", "accepted")
#: Invitations to the waiting list: not answered yet, and those who wait.
LISTED = ("reserve", "waiting")
#: Invitations that are not over.
OPEN = (*LIVE, *LISTED)
#: States of people who hold the day free.
SAID_YES = ("accepted", "waiting")
#: Invitations nobody has answered yet.
UNANSWERED = ("invited", "reserve")
#: Invitations whose seat has become free.
GIVEN_UP = ("declined", "lapsed", "withdrawn")
#: Every state of an invitation.
STATES = (*OPEN, *GIVEN_UP, "released", "ended")
#: A link opens the person's page until this long after the meeting.
LINK_LASTS = timedelta(days=90)
#: A replacement has at least this long to answer, unless the meeting is too near.
_SHORTEST_REPLY = timedelta(hours=24)
#: People who hold the day free for a seat hear at least this long before the meeting that there is none.
_LAST_WORD = timedelta(hours=12)
#: Letters and digits nobody mistakes for each other.
CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 4


def replacements_stop_at(starts_at: datetime, stop_hours: int) -> datetime:
    """The first instant at which nobody is drawn any more."""
    return starts_at - timedelta(hours=stop_hours)


def replacement_replies_by(
    now: datetime, drawn_at: datetime, reply_by: datetime, starts_at: datetime, stop_hours: int, zone: ZoneInfo
) -> datetime:
    """As long to answer as the first ones had, to the end of that day.

    Never past half the time between the last draw and the meeting: then the deadline is an hour, not a day.
    """
    latest = starts_at - timedelta(hours=stop_hours) / 2
    deadline = (now + max(reply_by - drawn_at, _SHORTEST_REPLY)).astimezone(zone)
    return min(end_of_day(deadline.date(), zone), latest)


def waiting_ends_at(starts_at: datetime, stop_hours: int) -> datetime:
    """When people who still wait hear that there was no seat: at the latest half a day before the meeting.

    No reply is waited for longer than that: see `replacement_replies_by`.
    """
    return starts_at - max(timedelta(hours=stop_hours) / 2, _LAST_WORD)
