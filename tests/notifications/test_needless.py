"""The rule of which mail is sent, in Python and in SQL: every kind of mail, whatever is known about it."""

from datetime import UTC, datetime
from itertools import product
from types import SimpleNamespace
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.notifications.kinds import KINDS
from services.notifications.messages.creating import create_messages, message
from services.notifications.messages.domain import Facts, fate
from services.notifications.tables import Contact, Correspondent, Meeting, Member, Message, SettledInvitation, Survey
from shared.ids import new_id
from shared.service import Runtime
from tests.notifications.ground import SOON, opened

SETTLED = (None, "answered", "accepted", "declined", "lapsed", "withdrawn")
PURPOSES = ((), ("results",), ("surveys", "meetings", "results"))


@pytest.mark.parametrize("code", sorted(KINDS))
async def test_what_is_sent_is_the_same_by_the_rule_and_in_the_database(rt: Runtime, code: str) -> None:
    kind = KINDS[code]
    suggestion = kind.to_correspondent
    cases = [
        Facts(settled, cancelled, status, purposes, address, texts, survey)
        for settled, cancelled, status, purposes, address, texts, survey in product(
            SETTLED,
            (False, True) if kind.about == "meeting" else (False,),
            (None,) if suggestion else (None, "active", "paused", "left"),
            PURPOSES[:1] if suggestion else PURPOSES,
            ("known", "forgotten") if suggestion else (None, "known", "unreachable", "removed"),
            (True, False) if kind.about in ("survey", "result", "meeting") else (True,),
            ("open", "paused", "ended", "closed") if kind.about in ("survey", "result") else ("open",),
        )
        if (texts or settled is None) and (texts or survey == "open")
    ]
    rows, expected = [], {}
    async with rt.transaction() as session:
        for facts in cases:
            event = SimpleNamespace(generation=1, send_before=SOON, member_id=None if suggestion else new_id())
            about = new_id()
            row = message(
                kind,
                event,
                new_id(),
                survey_id=about if kind.about in ("survey", "result") else None,
                meeting_id=about if kind.about == "meeting" else None,
            )
            _store(session, facts, row["subject_id"], event.member_id, about, kind.about)
            rows.append(row)
            expected[row["id"]] = fate(kind, facts)
        await session.flush()
        for start in range(0, len(rows), 500):
            await create_messages(session, rows[start : start + 500])
        messages = await session.execute(sa.select(Message.id, Message.state, Message.reason))
        outcomes = {row.id: (row.state, row.reason) for row in messages}
    assert len(set(expected.values())) > 1
    wrong = [(case, expected[row["id"]], outcomes[row["id"]]) for case, row in zip(cases, rows, strict=True)
             if expected[row["id"]] != outcomes[row["id"]]]  # fmt: skip
    assert wrong == []


def _store(
    session: AsyncSession, facts: Facts, subject_id: UUID, member_id: UUID | None, about: UUID, kind_about: str
) -> None:
    if facts.settled is not None:
        session.add(SettledInvitation(id=subject_id, reason=facts.settled))
    if facts.status is not None:
        session.add(Member(id=member_id, status=facts.status, purposes=list(facts.purposes)))
    if kind_about in ("suggestion", "trial", "staff"):
        email = "kari@example.org" if facts.address == "known" else None
        session.add(
            Correspondent(suggestion_id=subject_id, email=email, language="nb", since=datetime(2027, 1, 1, tzinfo=UTC))
        )
    elif facts.address is not None:
        session.add(
            Contact(
                member_id=member_id,
                email="kari@example.org",
                removed=facts.address == "removed",
                unreachable="bounced" if facts.address == "unreachable" else None,
            )
        )
    if kind_about in ("survey", "result") and facts.texts:
        session.add(Survey(id=about, questionnaire=opened().questionnaire, slug="klima", state=facts.survey))
    if kind_about == "meeting" and (facts.texts or facts.cancelled):
        session.add(Meeting(id=about, slug="mote" if facts.texts else None, cancelled=facts.cancelled))
