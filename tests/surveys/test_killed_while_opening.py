"""A process that is killed in the middle of an opening: the next one goes on, and everybody is asked once."""

import asyncio
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.surveys.audience import drawing
from services.surveys.fieldwork import inviting
from services.surveys.fieldwork.domain import Plan
from services.surveys.fieldwork.inviting import open_due_surveys
from services.surveys.planning.planning import add_survey
from services.surveys.questionnaire.shelf import shipped
from services.surveys.tables import Survey
from shared.events.surveys import MemberSpared, SampleDrawn, SurveyInvitationIssued, SurveyOpened
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import outbox

MEMBERS, SAMPLE = 45, 20
_BATCH = 10
_SAID = b"in the middle\n"
#: Opens what is due, and stops for good when its n-th transaction has done all its work and is about to commit.
_PROCESS = f"""
import asyncio, sys
from pathlib import Path
from sqlalchemy import event
from sqlalchemy.orm import Session
from services.surveys.audience import drawing
from services.surveys.fieldwork import inviting
from shared.cli import load_service
from shared.testing import make_test_runtime

inviting.BATCH = drawing.BATCH = {_BATCH}
left = int(sys.argv[3])

@event.listens_for(Session, "before_commit")
def stop(session):
    global left
    left -= 1
    if left == 0:
        sys.stdout.write("in the middle\\n")
        sys.stdout.flush()
        sys.stdin.read()

asyncio.run(inviting.open_due_surveys(make_test_runtime(load_service("surveys"), sys.argv[1], Path(sys.argv[2]))))
"""
_MEMBERS = """
insert into surveys.member (id, year_of_birth, gender, area, purposes, status, joined_at)
select gen_random_uuid(), 1940 + n % 70, (array['female', 'male'])[1 + n % 2], null, array['surveys'], 'active',
    now() - interval '1 day' from generate_series(1, :number) n
"""


@pytest.mark.parametrize("sample", [None, SAMPLE])
@pytest.mark.parametrize("transaction", [1, 2, 3, 5, 7, 9])
async def test_whoever_goes_on_asks_everybody_once(
    rt: Runtime, database_url: str, monkeypatch: pytest.MonkeyPatch, sample: int | None, transaction: int
) -> None:
    monkeypatch.setattr(inviting, "BATCH", _BATCH)
    monkeypatch.setattr(drawing, "BATCH", _BATCH)
    now, survey_id = rt.now(), new_id()
    async with rt.transaction() as session:
        await session.execute(sa.text(_MEMBERS), {"number": MEMBERS})
        times = Plan(opens_at=now, closes_at=now + timedelta(days=14), reminder_at=None)
        await add_survey(session, survey_id, shipped()["klima"], "now", None, times, now, sample_size=sample)
    clock = rt.settings.clock_file
    assert clock is not None
    await killed_in(database_url, clock, transaction)
    async with asyncio.timeout(300):
        # Until the server notices, rows that the dead process held are passed over.
        while await unfinished(rt):
            await open_due_surveys(rt)
    events = await outbox(rt)
    assert Counter(map(type, events)) == {
        SurveyOpened: 1,
        SurveyInvitationIssued: sample or MEMBERS,
        **({SampleDrawn: 1, MemberSpared: MEMBERS - sample} if sample else {}),
    }
    members = [event.member_id for event in events if isinstance(event, SurveyInvitationIssued | MemberSpared)]
    assert len(set(members)) == MEMBERS


async def killed_in(url: str, clock: Path, transaction: int) -> None:
    """A process that opens surveys, killed at the end of its n-th transaction, or after its last."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _PROCESS, url, str(clock), str(transaction),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    async with asyncio.timeout(300):
        assert await process.stdout.readline() == _SAID, "it came to its end before that"
        process.kill()
        await process.wait()


async def unfinished(rt: Runtime) -> bool:
    async with rt.transaction() as session:
        unfinished_survey = sa.or_(Survey.state == "planned", Survey.inviting)
        return await session.scalar(sa.select(sa.func.count()).where(unfinished_survey)) != 0
