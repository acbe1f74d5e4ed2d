"""The ledger: what the actors wrote down themselves against what databases, mail catcher and pages say."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

import asyncpg

SCHEMAS = ("registration", "surveys", "notifications", "meetings", "results")
_COUNTS = {
    "members": "select count(*) from registration.member where status in ('active', 'paused')",
    "invited": "select count(*) from surveys.invitation",
    "sent": "select count(*) from notifications.message where purpose = 'survey' and state = 'sent'",
    "answered": "select count(*) from surveys.invitation where answered_at is not null",
    "released": "select coalesce(sum(released), 0) from surveys.survey",
    "counted": "select count(*) from results.answer",
    "erased": "select count(*) from registration.member where status = 'erased'",
    "dead_letters": " union all ".join(f"select count(*) as n from {schema}.dead_letter" for schema in SCHEMAS),
}


@dataclass
class Actors:
    """Written down by residents and staff as they act."""

    imported: int = 0
    confirmed: set[int] = field(default_factory=set)
    answered: set[int] = field(default_factory=set)
    left: int = 0


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
    dead_letters: int
    lost: int = 0
    doubled: int = 0

    def compare(self, name: str, expected: int, found: int) -> None:
        """Enter a difference."""
        self.lost += max(expected - found, 0)
        self.doubled += max(found - expected, 0)
        if expected != found:
            print(f"  difference: {name} should be {expected}, is {found}", flush=True)

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
        found = {name: sum(row[0] for row in await connection.fetch(sql)) for name, sql in _COUNTS.items()}
    finally:
        await connection.close()
    ledger = Ledger(**found)
    expected_members = actors.imported + len(actors.confirmed) - actors.left
    ledger.compare("members", expected_members, ledger.members)
    caught = [mail["to"][0] for mail in mails if mail["subject"].startswith("Ny undersøkelse")]
    ledger.compare("invitation mails per person", len(set(caught)), len(caught))
    ledger.compare("invitation mails caught", ledger.invited, len(caught))
    ledger.compare("messages marked sent", len(caught), ledger.sent)
    ledger.compare("answers", len(actors.answered), ledger.answered)
    ledger.compare("released answers", len(actors.answered), ledger.released)
    ledger.compare("counted answers", len(actors.answered), ledger.counted)
    ledger.compare("answers on the page", len(actors.answered), shown_answered)
    ledger.compare("erased members", actors.left, ledger.erased)
    told = [mail["to"][0] for mail in mails if mail["subject"].startswith("Resultatene er klare")]
    ledger.compare("results mails", len(actors.answered), len(set(told)))
    ledger.compare("results mails per person", len(set(told)), len(told))
    return ledger
