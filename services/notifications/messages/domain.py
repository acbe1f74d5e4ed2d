"""The rules of a message: what a kind of mail is, and whether one is due, waits, or is needless."""

from collections.abc import Collection
from dataclasses import dataclass

#: ``waiting`` for a contact card or texts; ``unknown`` is sent or not, and nobody can tell by itself.
STATES = ("waiting", "pending", "sending", "sent", "failed", "suppressed", "expired", "no_address", "unknown")

#: What a cancelled meeting is called among the reasons that make a mail needless.
CANCELLED = "cancelled"
#: What a survey that takes no more answers is called among them.
SURVEY_CLOSED = "survey_closed"


@dataclass(frozen=True)
class Link:
    """The one link a mail carries."""

    purpose: str
    path: str
    """Where it leads; the token comes behind it."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of mail."""

    code: str
    name: str
    """What staff call it."""
    about: str
    """``member``, ``survey``, ``result``, ``meeting``, ``suggestion``, ``trial``, ``staff``: whose texts it needs."""
    subject: str
    subject_with_topic: str = ""
    """The subject for a questionnaire that names its topic in one or two words."""
    button: str = ""
    consent: str | None = None
    """The consent without which it is not sent, and which the unsubscribe link in it withdraws."""
    urgent: bool = False
    """Goes in the lane before bulk mail, and may be sent twice after a crash."""
    link: Link | None = None
    needless: Collection[str] = ()
    """What makes it needless: how its invitation was settled, that its meeting is cancelled or its survey closed."""

    @property
    def to_correspondent(self) -> bool:
        """It goes to an address given for it, not to a member."""
        return self.about in ("suggestion", "trial", "staff")

    @property
    def template(self) -> str:
        """The letter itself, in the service's templates."""
        return f"mail/{self.code}.txt"


@dataclass(frozen=True)
class Facts:
    """What is known about one mail: its recipient, its invitation, its texts."""

    settled: str | None = None
    """Why its invitation needs no more mail."""
    cancelled: bool = False
    status: str | None = None
    """The member's ``active``, ``paused`` or ``left``; None where nothing is known of a member."""
    purposes: Collection[str] = ()
    address: str | None = None
    """``known``, ``removed``, ``forgotten`` or ``unreachable``; None while no card has come."""
    texts: bool = True
    survey: str = "open"
    """How its survey stands."""


def fate(kind: Kind, facts: Facts) -> tuple[str, str | None]:
    """(state, reason) of a message that is not on its way yet; ``suppress_needless`` says the same in SQL."""
    reason = needless(kind, facts)
    if reason is not None:
        return "suppressed", reason
    if facts.address in ("removed", "forgotten") or (facts.address == "unreachable" and not kind.urgent):
        return "no_address", facts.address
    rests = kind.about == "survey" and facts.survey in ("paused", "ended")
    may_go = facts.address is not None and facts.texts and not rests
    return ("pending", None) if may_go else ("waiting", "no_card_yet")


def needless(kind: Kind, facts: Facts) -> str | None:
    """Why nobody wants or needs this mail; None when it should go. What the person has just asked for always goes."""
    if facts.settled in kind.needless:
        return facts.settled
    if facts.status is not None and not kind.urgent:
        if facts.status == "left":
            return "left"
        if kind.consent is not None and facts.status == "paused":
            return "paused"
        if kind.consent is not None and kind.consent not in facts.purposes:
            return "unsubscribed"
    if facts.survey == "closed" and SURVEY_CLOSED in kind.needless:
        return SURVEY_CLOSED
    return CANCELLED if facts.cancelled and CANCELLED in kind.needless else None
