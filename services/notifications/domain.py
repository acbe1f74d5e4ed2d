"""The rules of mail: what each kind is, when it goes, and what a server's answer means."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from types import MappingProxyType

#: ``waiting`` for a contact card or texts; ``unknown`` is sent or not, and nobody can tell by itself.
STATES = ("waiting", "pending", "sending", "sent", "failed", "suppressed", "expired", "no_address", "unknown")

_FIRST_WAIT = 2
_LONGEST_WAIT = 900
_LONGEST_GREETED_NAME = 60


@dataclass(frozen=True)
class Purpose:
    """One kind of mail."""

    name: str
    """What staff call it."""
    consent: str | None = None
    """The consent without which it is not sent, and which the unsubscribe link in it withdraws."""
    urgent: bool = False
    """Goes in the lane before bulk mail, and may be sent twice after a crash."""
    link: str | None = None
    """The link purpose of the one link it carries."""
    path: str = ""
    """Where that link leads; the token comes behind it."""


PURPOSES: Mapping[str, Purpose] = MappingProxyType(
    {
        "confirm": Purpose("Bekreftelse", urgent=True, link="confirm", path="/join/confirm/"),
        "confirm_address": Purpose("Bekreftelse av ny adresse", urgent=True, link="confirm", path="/me/address/"),
        "already_member": Purpose("Allerede med", urgent=True),
        "sign_in": Purpose("Innlogging", urgent=True, link="sign_in", path="/me/sign-in/"),
        "survey": Purpose("Invitasjon til undersøkelse", "surveys", link="survey", path="/surveys/answer/"),
        "reminder": Purpose("Påminnelse om undersøkelse", "surveys", link="survey", path="/surveys/answer/"),
        "results": Purpose("Resultater", "results"),
        "survey_follow_up": Purpose("Hva undersøkelsen førte til", "results"),
        "meeting": Purpose("Invitasjon til møte", "meetings", link="meeting", path="/meetings/answer/"),
        "meeting_place": Purpose("Plass på møtet", link="meeting", path="/meetings/answer/"),
        "meeting_reminder": Purpose("Påminnelse om møte", link="meeting", path="/meetings/answer/"),
        "meeting_changed": Purpose("Møtet er endret", link="meeting", path="/meetings/answer/"),
        "meeting_cancelled": Purpose("Møtet er avlyst"),
        "meeting_minutes": Purpose("Referat fra møte", "meetings"),
        "meeting_follow_up": Purpose("Hva møtet førte til", "meetings"),
        "suggestion_receipt": Purpose("Kvittering for forslag"),
        "suggestion_attachments_refused": Purpose("Vedlegg ikke tatt imot"),
        "suggestion_status": Purpose("Status for forslag"),
        "suggestion_answer": Purpose("Svar på forslag"),
    }
)

#: Why an invitation needs no more mail -> the kinds of mail that are then needless.
NEEDLESS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "answered": ("survey", "reminder"),
        "accepted": ("meeting",),
        "declined": ("meeting", "meeting_place", "meeting_reminder"),
        "lapsed": ("meeting", "meeting_place", "meeting_reminder"),
        "withdrawn": ("meeting", "meeting_place", "meeting_reminder"),
    }
)

#: Kinds of mail that a cancelled meeting makes needless; those who said yes are told that it is cancelled.
NEEDLESS_WHEN_CANCELLED = ("meeting", "meeting_place", "meeting_reminder", "meeting_changed")


def retry_wait(tries: int) -> int:
    """Seconds until the next try after ``tries`` of them."""
    return min(_FIRST_WAIT << min(max(tries, 0), 10), _LONGEST_WAIT)


def is_quiet(local: datetime, quiet_from: time | None, quiet_to: time | None) -> bool:
    """Whether bulk mail rests at this local time; hours may go past midnight. Without both ends it never rests."""
    if quiet_from is None or quiet_to is None or quiet_from == quiet_to:
        return False
    now = local.time()
    if quiet_from < quiet_to:
        return quiet_from <= now < quiet_to
    return now >= quiet_from or now < quiet_to


def address_is_dead(code: int, text: str) -> bool:
    """Whether a refusal is about the address itself, for good, and not about one message or our server's standing.

    The enhanced status code decides where there is one (RFC 3463: 5.1.x is the address, 5.2.1 a closed mailbox);
    otherwise 550, 551 and 553 do, as RFC 5321 defines them.
    """
    if not 500 <= code < 600:
        return False
    enhanced = re.search(r"\b5\.(\d{1,3})\.(\d{1,3})\b", text)
    if enhanced:
        return (enhanced[1] == "1" and enhanced[2] not in ("7", "8")) or (enhanced[1], enhanced[2]) == ("2", "1")
    return code in (550, 551, 553)


def report_is_dead(status: str, diagnostic: str) -> bool:
    """The same for a delivery report (RFC 3464); a status that says nothing leaves it to the other server's words."""
    if status != "5.0.0":
        return address_is_dead(500, status)
    code = re.search(r"\b5\d\d\b", diagnostic)
    return code is not None and address_is_dead(int(code[0]), diagnostic)


def greeted_name(name: str | None) -> str | None:
    """The name a letter greets, or None.

    Anybody may type anybody's address and any name into the join form, so a name that is long or holds an address
    is not repeated to a stranger.
    """
    clean = " ".join((name or "").split())
    if not clean or len(clean) > _LONGEST_GREETED_NAME or re.search(r"[/@:<>]|\bwww\b|\.\w{2,}", clean):
        return None
    return clean
