"""The ledger: what the actors wrote down themselves against what databases, mail catcher and pages say."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

import asyncpg

from shared.services import SERVICES

_COUNTS = {
    "members": "select count(*) from registration.member where status in ('active', 'paused')",
    "invited": "select count(*) from surveys.invitation",
    "sent": "select count(*) from notifications.message where purpose = 'survey' and state = 'sent'",
    "answered": "select count(*) from surveys.invitation where answered_at is not null",
    "released": "select coalesce(sum(released), 0) from surveys.survey",
    "counted": "select count(*) from results.answer",
    "erased": "select count(*) from registration.member where status = 'erased'",
    "drawn": "select count(*) from meetings.invitation where replaces is null and had_seat",
    "accepted": "select count(*) from meetings.invitation where state = 'accepted'",
    "replaced": "select count(*) from meetings.invitation where replaces is not null",
    "minutes": "select count(*) from meetings.meeting where minuted_at is not null",
    "suggestions": "select count(*) from results.suggestion",
    "answered_suggestions": "select count(*) from results.suggestion where answered_at is not null",
    "follow_ups": "select count(*) from results.follow_up",
    "dead_letters": " union all ".join(f"select count(*) as n from {schema}.dead_letter" for schema in SERVICES),
}


@dataclass
class Actors:
    """Written down by residents and staff as they act."""

    imported: int = 0
    confirmed: set[int] = field(default_factory=set)
    answered: set[int] = field(default_factory=set)
    left: set[int] = field(default_factory=set)
    drawn: int = 0
    """Invitations to the meeting answered or left, replacements included."""
    accepted: set[int] = field(default_factory=set)
    replaced: int = 0
    attended: int = 0
    minutes: int = 0
    suggestions: int = 0
    answered_suggestions: int = 0
    follow_ups: int = 0
    invited_again: int = 0
    """Members at the second survey."""


@dataclass
class Ledger:
    """One number per column; ``lost`` and ``doubled`` count every difference against the actors' own log."""

    members: int
    invited: int
    sent: int
    answered: int
    released: int
    counted: int
    erased: int
    drawn: int
    accepted: int
    replaced: int
    minutes: int
    suggestions: int
    answered_suggestions: int
    follow_ups: int
    dead_letters: int
    lost: int = 0
    doubled: int = 0

    def compare(self, name: str, expected: int, count: int) -> None:
        """Enter a difference."""
        self.lost += max(expected - count, 0)
        self.doubled += max(count - expected, 0)
        if expected != count:
            print(f"  difference: {name} should be {expected}, is {count}", flush=True)

    @property
    def balances(self) -> bool:
        """Nothing lost, doubled or dead."""
        return not (self.lost or self.doubled or self.dead_letters)

    def line(self) -> str:
        """The ledger as one JSON line."""
        return json.dumps(asdict(self))


async def draw_up(database_url: str, actors: Actors, mails: list[dict[str, Any]], shown_answered: int) -> Ledger:
    """Compare; ``shown_answered`` is the number the public result page shows."""
    connection = await asyncpg.connect(database_url)
    try:
        counts = {name: sum(row[0] for row in await connection.fetch(sql)) for name, sql in _COUNTS.items()}
    finally:
        await connection.close()
    ledger = Ledger(**counts)
    expected_members = actors.imported + len(actors.confirmed) - len(actors.left)
    ledger.compare("members", expected_members, ledger.members)
    pairs = [(mail["to"][0], mail["subject"]) for mail in mails if mail["subject"].startswith("Ny undersøkelse")]
    again = [mail for mail in mails if mail["subject"].startswith("Ny undersøkelse om Bæringen")]
    ledger.compare("invitations to the second survey", actors.invited_again, len(again))
    ledger.compare("invitation mails per person", len(set(pairs)), len(pairs))
    ledger.compare("invitation mails caught", ledger.invited, len(pairs))
    ledger.compare("messages marked sent", len(pairs), ledger.sent)
    ledger.compare("answers", len(actors.answered), ledger.answered)
    ledger.compare("released answers", len(actors.answered), ledger.released)
    ledger.compare("counted answers", len(actors.answered), ledger.counted)
    ledger.compare("answers on the page", len(actors.answered), shown_answered)
    ledger.compare("erased members", len(actors.left), ledger.erased)
    drawn_to_meeting = actors.drawn - actors.replaced
    ledger.compare("drawn to the meeting", drawn_to_meeting, ledger.drawn)
    ledger.compare("replacements", actors.replaced, ledger.replaced)
    ledger.compare("seats taken", len(actors.accepted), ledger.accepted)
    for name in ("minutes", "suggestions", "answered_suggestions", "follow_ups"):
        ledger.compare(name, getattr(actors, name), counts[name])
    answered, attended, suggestions = len(actors.answered), actors.attended, actors.suggestions
    for what, subject, expected in (
        ("results", "Resultatene er klare", answered),
        ("meeting invitation", "Du er trukket ut", actors.drawn),
        ("meeting place", "Du har plass på møtet", len(actors.accepted)),
        ("minutes", "Referatet er klart", attended),
        ("suggestion receipt", "Vi har fått forslaget ditt", suggestions),
        ("suggestion answer", "Svar på forslaget ditt", suggestions),
        ("follow-up", "Dette har undersøkelsen ført til", len(actors.answered - actors.left)),
    ):
        recipients = [mail["to"][0] for mail in mails if mail["subject"].startswith(subject)]
        ledger.compare(f"{what} mails", expected, len(set(recipients)))
        ledger.compare(f"{what} mails per person", len(set(recipients)), len(recipients))
    return ledger
