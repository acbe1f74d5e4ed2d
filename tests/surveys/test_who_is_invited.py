"""The number staff confirm is the number invited: one rule, asked in Python and in SQL."""

from datetime import UTC, datetime, timedelta
from itertools import product

import httpx
import sqlalchemy as sa

from services.surveys.fieldwork.domain import may_be_invited
from services.surveys.fieldwork.inviting import invitable, open_due_surveys
from services.surveys.tables import Invitation, Member
from shared.service import Runtime
from shared.testing import Deliverer
from tests.surveys.given import joined, margins
from tests.surveys.office import a_plan, hidden

STATUSES = ("active", "paused", "left", "waiting")
PURPOSES = ((), ("surveys",), ("meetings",), ("surveys", "results"), ("surveys", "meetings", "results"))


async def everybody(rt: Runtime, deliver: Deliverer) -> None:
    """One member of each status with each choice of purposes."""
    events = [joined(rt.now(), status=status, purposes=purposes) for status, purposes in product(STATUSES, PURPOSES)]
    await deliver(margins(), *events)


async def test_the_rule_and_its_sql_choose_the_same_members(rt: Runtime, deliver: Deliverer) -> None:
    await everybody(rt, deliver)
    async with rt.transaction() as session:
        members = (await session.scalars(sa.select(Member))).all()
        chosen = set(await session.scalars(sa.select(Member.id).where(invitable())))
    assert len(members) == len(STATUSES) * len(PURPOSES)
    assert chosen == {one.id for one in members if may_be_invited(one.status, one.purposes, one.joined_at, rt.now())}
    assert 0 < len(chosen) < len(members)


async def test_as_many_are_invited_as_staff_confirmed(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    await everybody(rt, deliver)
    async with rt.transaction() as session:
        expected = await session.scalar(sa.select(sa.func.count()).select_from(Member).where(invitable()))
    shown = await editor.post("/staff/surveys/plan", data=a_plan(rt, opens="now"))
    assert f"{expected} medlemmer" in shown.text
    await editor.post("/staff/surveys/plan", data=hidden(shown.text))
    await open_due_surveys(rt)
    async with rt.transaction() as session:
        invited = await session.scalar(sa.select(sa.func.count()).select_from(Invitation))
    assert invited == expected


def test_who_joined_after_the_opening_is_not_invited_by_it() -> None:
    opened = datetime(2026, 11, 28, 9, tzinfo=UTC)
    assert may_be_invited("active", ["surveys"], opened, opened)
    assert not may_be_invited("active", ["surveys"], opened + timedelta(seconds=1), opened)
