"""The addresses where staff see a mail about a meeting before it is sent, shown by the service that knows its words."""

from datetime import datetime
from urllib.parse import urlencode

from services.meetings.tables import Meeting


def mail_preview(
    purpose: str,
    meeting: Meeting,
    *,
    place: str | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    closes_at: datetime | None = None,
) -> str:
    """Address of the preview; place and time as they will be, when a change is what the mail tells.

    ``closes_at``: until when it can be answered, where that is not the deadline of those drawn.
    """
    about = {
        "purpose": purpose,
        "language": "nb",
        "title": meeting.heading,
        "introduction": meeting.purpose,
        "place": place or meeting.place,
        "starts_at": (starts_at or meeting.starts_at).isoformat(),
        "ends_at": (ends_at or meeting.ends_at).isoformat(),
        "closes_at": (closes_at or meeting.reply_by).isoformat(),
    }
    return f"/staff/notifications/preview?{urlencode(about)}"


def evaluation_preview(group: str, compared: bool, closes_at: datetime) -> str:
    """Where surveys shows what one of the meeting's groups is asked, and the mail that asks it.

    All who were not at the meeting are asked the same, so theirs is one address.
    """
    about = {
        "group": "present" if group == "present" else "control",
        "compared": "yes" if compared else "no",
        "closes_at": closes_at.isoformat(),
    }
    return f"/staff/surveys/evaluation?{urlencode(about)}"
