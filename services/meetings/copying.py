"""Copies of registration's facts: members and the population; and what follows when a member leaves."""

from collections.abc import Collection, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.meetings.locks import wait_for_draws
from services.meetings.seats.answering import give_up_seats
from services.meetings.seats.domain import OPEN, UNANSWERED
from services.meetings.tables import AskedInSurvey, Called, Candidate, DrawEntry, Invitation, Margins, Member, Notice
from shared.database import count_rows, upsert, upsert_many
from shared.events.meetings import MemberDataErased
from shared.events.registration import MemberChanged, MemberErased, MemberJoined, MemberLeft, PopulationMarginsSet
from shared.messaging import Delivery, emit, forget_subject, lock

_BLANK = {"status": None, "year_of_birth": None, "gender": None, "area": None, "purposes": None}

MemberState = MemberJoined | MemberChanged
MemberEvent = MemberState | MemberLeft | MemberErased


async def project_members(session: AsyncSession, events: Sequence[MemberEvent], deliveries: Sequence[Delivery]) -> None:
    """Keep each member's newest state; a member who has left is asked no more, one who is erased is forgotten.

    A member who leaves, or ends the consent to meetings, gives up the seat too. A member who pauses, or whose mail
    comes back, keeps a seat or a place on a list they have said yes to; an invitation without a reply ends.
    """
    await wait_for_draws(session)
    ids = await _asked(session, {event.member_id for event in events})
    newest: dict[UUID, MemberState] = {}
    for event, delivery in zip(events, deliveries, strict=True):
        member_id = event.member_id
        if isinstance(event, MemberErased):
            newest.pop(member_id, None)
            await _blank(session, member_id, erased=True)
            await _erase(session, event, delivery)
        elif isinstance(event, MemberLeft):
            newest.pop(member_id, None)
            await _blank(session, member_id, erased=False)
            await give_up_seats(session, member_id, OPEN, delivery.now)
        else:
            newest[member_id] = event
            if member_id in ids and "meetings" not in event.purposes:
                await give_up_seats(session, member_id, OPEN, delivery.now)
            elif member_id in ids and event.standing != "active":
                await give_up_seats(
                    session, member_id, UNANSWERED, delivery.now, unreached=event.standing == "unreachable"
                )
    if newest:
        await _keep(session, newest)


async def _asked(session: AsyncSession, members: Collection[UUID]) -> set[UUID | None]:
    """The members with a seat, an invitation or a place on a list. Draws wait meanwhile, so the list is complete."""
    live = sa.select(Invitation.member_id).where(Invitation.member_id.in_(members), Invitation.state.in_(OPEN))
    return set(await session.scalars(live))


async def _keep(session: AsyncSession, states: dict[UUID, MemberState]) -> None:
    ids = sorted(states)
    newest = [states[member_id] for member_id in ids]
    await upsert_many(
        session,
        Member,
        Member.erased.is_(False),
        id=ids,
        status=[state.standing for state in newest],
        year_of_birth=[state.year_of_birth for state in newest],
        gender=[state.gender for state in newest],
        area=[state.area for state in newest],
        purposes=[state.purposes for state in newest],
    )


async def _blank(session: AsyncSession, member_id: UUID, *, erased: bool) -> None:
    await upsert(session, Member, Member.erased.is_(False), id=member_id, **_BLANK, erased=erased)


async def _erase(session: AsyncSession, event: MemberErased, delivery: Delivery) -> None:
    """Keep the rows as counts without the person; published events about the person leave archive and outbox."""
    await lock(session, event.member_id)
    await give_up_seats(session, event.member_id, OPEN, delivery.now)
    invitations = list(await session.scalars(sa.select(Invitation.id).where(Invitation.member_id == event.member_id)))
    entries = list(await session.scalars(sa.select(DrawEntry.id).where(DrawEntry.member_id == event.member_id)))
    calls = list(await session.scalars(sa.select(Called.id).where(Called.member_id == event.member_id)))
    await lock(session, *invitations, *entries, *calls)
    await session.execute(
        sa.update(Invitation).where(Invitation.id.in_(invitations)).values(member_id=None, needs=None)
    )
    await session.execute(sa.update(DrawEntry).where(DrawEntry.id.in_(entries)).values(member_id=None))
    await session.execute(sa.update(Called).where(Called.id.in_(calls)).values(member_id=None, answer=None))
    # The fingerprint stays, so that the draw can still be checked; without the salt nobody can try whose it was.
    mine = sa.update(Candidate).where(Candidate.member_id == event.member_id)
    await session.execute(mine.values(member_id=None, salt=None))
    await session.execute(sa.delete(AskedInSurvey).where(AskedInSurvey.member_id == event.member_id))
    notices = await session.scalars(sa.delete(Notice).where(Notice.invitation_id.in_(invitations)).returning(Notice.id))
    await forget_subject(session, event.member_id, *invitations, *entries, *calls, *notices)
    await emit(session, MemberDataErased(member_id=event.member_id, erased_at=event.erased_at))


async def project_margins(session: AsyncSession, event: PopulationMarginsSet, _: Delivery) -> None:
    """Keep the newest population figures; meetings already drawn keep the quotas they were drawn with."""
    await upsert(
        session,
        Margins,
        id=event.margins_id,
        year=event.year,
        bands=event.bands,
        population=event.margins,
        areas=event.area_margins,
        area_source=event.area_source,
    )


async def willing_members(session: AsyncSession) -> int:
    """Active members who consented to meetings."""
    willing = sa.select(Member).where(Member.status == "active", Member.purposes.contains(["meetings"]))
    return await count_rows(session, willing)
