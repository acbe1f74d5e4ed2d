"""Opening surveys and inviting: set-based, in batches, going on after a crash where it stopped."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.audience.choosing import invitable, newest_margins, wanted_by
from services.surveys.audience.contacts import at_the_cap
from services.surveys.audience.domain import only_adults
from services.surveys.audience.drawing import draw_sample, keep_candidates, spared_event
from services.surveys.audience.tables import Candidate
from services.surveys.editing.checking import special_words
from services.surveys.fieldwork.domain import may_be_invited
from services.surveys.locks import hold_openings
from services.surveys.planning.evaluating import group_is_known
from services.surveys.reminding.reminding import keep_reminder_apart
from services.surveys.sealing import Seal, keys_of
from services.surveys.tables import Invitation, Member, Survey, Threshold
from shared.database import unnest
from shared.events.surveys import MeetingAsked, SurveyInvitationIssued, SurveyOpened
from shared.ids import new_id
from shared.messaging import emit_new, lock
from shared.service import Runtime
from shared.strata import band_of, gender_of

#: Invitations per transaction: short enough to hold no lock for long, long enough to be few statements a member.
BATCH = 1000


def due_to_open(now: datetime) -> sa.ColumnElement[bool]:
    """Planned surveys whose date has come or whose panel size was reached, and that are not over already."""
    reached = sa.select(Threshold.size).where(Threshold.reached_at.is_not(None))
    by_size = sa.and_(Survey.opens == "threshold", Survey.threshold_size.in_(reached))
    by_date = sa.and_(Survey.opens != "threshold", Survey.opens_at <= now)
    open_now = sa.or_(by_size, by_date)
    return sa.and_(Survey.state == "planned", Survey.closes_at > now, open_now, group_is_known(now))


async def open_due_surveys(rt: Runtime) -> None:
    """Job: open what is due, then invite batch by batch until nobody is left."""
    while await _open_next(rt):
        pass
    while await _draw_next(rt) or await _invite_next(rt):
        pass


async def _open_next(rt: Runtime) -> bool:
    async with rt.transaction() as session:
        if await session.scalar(sa.select(Survey.id).where(due_to_open(rt.now())).limit(1)) is None:
            return False
        await hold_openings(session)
        now = rt.now()
        survey = await session.scalar(
            sa.select(Survey).where(due_to_open(now)).order_by(Survey.planned_at).limit(1).with_for_update()
        )
        if survey is None:
            return False
        # Before the transaction ends: a key without a survey is harmless, a survey without its key takes no answers.
        await open_survey(session, survey, keys_of(rt.settings).make(survey.id), now)
        return True


async def open_survey(session: AsyncSession, survey: Survey, seal: Seal, now: datetime) -> None:
    """Freeze the questionnaire and the order in which cells merge, and say that the survey is open.

    Nobody who may be under 18 is asked for special categories of personal data, however it was planned.
    """
    margins = await newest_margins(session)
    survey.state = "open"
    survey.opened_at = now
    survey.inviting = True
    survey.soft = survey.soft_size is not None
    survey.public_key = seal.public_key
    if special_words(survey.questionnaire.content()):
        survey.audience = only_adults(survey.audience)
    survey.bands = margins.bands if margins else ()
    survey.bands_year = margins.year if margins else None
    await session.execute(sa.select(sa.func.surveys.make_resting_place(survey.id)))
    await emit_new(session, [opened_event(survey)])


def opened_event(survey: Survey) -> SurveyOpened:
    """The fact, which is also the open survey's state."""
    assert survey.opened_at is not None
    return SurveyOpened(
        survey_id=survey.id,
        questionnaire=survey.questionnaire,
        opened_at=survey.opened_at,
        closes_at=survey.closes_at,
        cell_minimum=survey.cell_minimum,
        invites_new_members=survey.invites_new,
        asks="sample" if survey.sample_size is not None else "everybody" if survey.audience.everybody else "some",
        meeting=_meeting_of(survey),
    )


def _meeting_of(survey: Survey) -> MeetingAsked | None:
    audience = survey.audience
    if survey.wave is None or audience.meeting is None:
        return None
    return MeetingAsked(meeting_id=audience.meeting, group=audience.group, wave=survey.wave)


def _awaits_draw() -> sa.ColumnElement[bool]:
    """Surveys whose pool has been kept and whose sample has not been drawn."""
    return sa.and_(Survey.state == "open", Survey.inviting, Survey.pooled, Survey.sample.is_(None))


async def _draw_next(rt: Runtime) -> bool:
    """Draw the next sample; False when there is none to draw (or another replica does it)."""
    async with rt.transaction() as session:
        survey_id = await session.scalar(sa.select(Survey.id).where(_awaits_draw()).limit(1))
        if survey_id is None:
            return False
        # The subject before the row, as closing takes them: the draw says something about the survey itself.
        await lock(session, survey_id)
        mine = sa.select(Survey).where(Survey.id == survey_id, _awaits_draw())
        survey = await session.scalar(mine.with_for_update(key_share=True, skip_locked=True))
        if survey is None:
            return False
        await draw_sample(session, survey, rt.profile.contact_cap, rt.now())
        return True


async def _invite_next(rt: Runtime) -> bool:
    """Invite the next batch of one survey; False when there is nothing to do (or another replica does it)."""
    async with rt.transaction() as session:
        survey = await session.scalar(
            sa.select(Survey)
            .where(Survey.state == "open", Survey.inviting, sa.not_(_awaits_draw()))
            .order_by(Survey.opened_at)
            .limit(1)
            .with_for_update(key_share=True, skip_locked=True)
        )
        if survey is None:
            return False
        if survey.sample_size is not None and not survey.pooled:
            await keep_candidates(session, survey, rt.now(), rt.settings.zone)
        elif survey.soft:
            await _invite_first(session, survey, rt)
        elif survey.sample is not None:
            await _tell_candidates(session, survey, rt.now())
        else:
            await _invite_batch(session, survey, rt)
        if not survey.inviting:
            keep_reminder_apart(survey, rt.now(), rt.settings.zone)
        return True


async def _invite_first(session: AsyncSession, survey: Survey, rt: Runtime) -> None:
    """A soft launch: invite the first few, drawn at random; new members wait until all are asked."""
    now = rt.now()
    assert survey.opened_at is not None
    guests = sa.select(Invitation.member_id).where(Invitation.survey_id == survey.id, Invitation.member_id.is_not(None))
    chosen = wanted_by(survey, rt.settings.zone)
    if survey.sample is not None:
        sampled = sa.select(Candidate.member_id).where(Candidate.survey_id == survey.id, Candidate.outcome == "drawn")
        chosen = Member.id.in_(sampled)
    may_be = sa.and_(invitable(), chosen, Member.joined_at <= survey.opened_at, Member.id.not_in(guests))
    within = Member.id.not_in(at_the_cap(now, rt.profile.contact_cap))
    ids = sa.select(Member.id).where(may_be, within).order_by(sa.func.random()).limit(survey.soft_size)
    first = sa.select(Member).where(Member.id.in_(list(await session.scalars(ids)))).order_by(Member.id)
    await invite(session, survey, list(await session.scalars(first.with_for_update(read=True))), now)
    survey.inviting = False


async def _invite_batch(session: AsyncSession, survey: Survey, rt: Runtime) -> None:
    """Invite the next of those the survey is for, without those at the contact cap."""
    now = rt.now()
    following = sa.select(Member).where(invitable(), wanted_by(survey, rt.settings.zone))
    if survey.invite_after is not None:
        following = following.where(Member.id > survey.invite_after)
    # Shared row locks: an erasure waits for this batch and then finds its invitations.
    members = list(await session.scalars(following.order_by(Member.id).limit(BATCH).with_for_update(read=True)))
    if members:
        ids = [member.id for member in members]
        full = set(await session.scalars(at_the_cap(now, rt.profile.contact_cap, Member.id.in_(ids))))
        await invite(session, survey, [member for member in members if member.id not in full], now)
    survey.inviting = len(members) == BATCH
    # A survey's row must not keep naming a person, so the place is forgotten once nobody is left.
    survey.invite_after = members[-1].id if survey.inviting else None


async def _tell_candidates(session: AsyncSession, survey: Survey, now: datetime) -> None:
    """Invite the next of those drawn, and tell the others that they are spared."""
    following = sa.select(Candidate).where(Candidate.survey_id == survey.id)
    if survey.invite_after is not None:
        following = following.where(Candidate.id > survey.invite_after)
    candidates = list(await session.scalars(following.order_by(Candidate.id).limit(BATCH)))
    here = sa.select(Member).where(Member.id.in_([candidate.member_id for candidate in candidates])).order_by(Member.id)
    members = {member.id: member for member in await session.scalars(here.with_for_update(read=True))}
    present = [(candidate, candidate.member_id) for candidate in candidates if candidate.member_id in members]
    sample = [members[member_id] for candidate, member_id in present if candidate.outcome == "drawn"]
    await invite(session, survey, sample, now)
    events = [spared_event(candidate, member_id) for candidate, member_id in present if candidate.outcome != "drawn"]
    await emit_new(session, events)
    survey.inviting = len(candidates) == BATCH
    survey.invite_after = candidates[-1].id if survey.inviting else None


async def invite_latecomers(
    session: AsyncSession, member_ids: Collection[UUID], now: datetime, zone: ZoneInfo, *, new: bool = False
) -> None:
    """Invite members whose MemberJoined arrived after the opening, to every open survey that may ask them.

    Those are the surveys they had joined before, and those that invite who joins while they are open; ``new`` says that
    only these ask, for members who want to be asked from now on. A sample has been drawn and takes nobody more.
    """
    if not member_ids:
        return
    open_surveys = await session.scalars(
        sa.select(Survey)
        # In a pause too: the mail waits until the survey goes on.
        .where(
            Survey.state.in_(("open", "paused")),
            Survey.closes_at > now,
            Survey.soft.is_(False),
            Survey.sample_size.is_(None),
            Survey.invites_new if new else sa.true(),
        )
        .order_by(Survey.id)
        # Closing takes the row for itself: wait for it rather than invite to a survey that has just been closed.
        .with_for_update(read=True, key_share=True)
    )
    for survey in open_surveys:
        statement = sa.select(Member).where(Member.id.in_(member_ids), wanted_by(survey, zone))
        members = await session.scalars(statement.order_by(Member.id))
        await invite(session, survey, members.all(), now)


async def invite(session: AsyncSession, survey: Survey, members: Iterable[Member], now: datetime) -> int:
    """Invite the ``members`` who may be invited and are not yet; how many were new."""
    assert survey.opened_at is not None
    late = [
        (
            new_id(),
            member.id,
            gender_of(member.gender),
            band_of(member.year_of_birth, survey.bands_year, survey.bands),
            member.area,
        )
        for member in members
        if may_be_invited(
            member.status, member.purposes, member.joined_at, survey.opened_at, invites_new=survey.invites_new
        )
    ]
    if not late:
        return 0
    rows = unnest(
        id=(sa.Uuid, [row[0] for row in late]),
        member_id=(sa.Uuid, [row[1] for row in late]),
        gender=(sa.Text, [row[2] for row in late]),
        band=(sa.Text, [row[3] for row in late]),
        area=(sa.Text, [row[4] for row in late]),
    )
    selected = sa.select(
        rows.c.id,
        rows.c.member_id,
        rows.c.gender,
        rows.c.band,
        rows.c.area,
        sa.literal(survey.id, sa.Uuid),
        sa.literal(1, sa.Integer),
        sa.literal(now, sa.DateTime(timezone=True)),
        sa.literal([now], ARRAY(sa.DateTime(timezone=True))),
    )
    names = ["id", "member_id", "gender", "band", "area", "survey_id", "generation", "invited_at", "asked_at"]
    inserted = await session.execute(
        pg_insert(Invitation)
        .from_select(names, selected)
        .on_conflict_do_nothing(index_elements=["survey_id", "member_id"])
        .returning(Invitation.id, Invitation.member_id)
    )
    events = [issued_event(survey, row.id, row.member_id, 1, [now]) for row in inserted]
    await emit_new(session, events)
    return len(events)


def issued_event(
    survey: Survey, invitation_id: UUID, member_id: UUID, generation: int, asked_at: Sequence[datetime]
) -> SurveyInvitationIssued:
    """The fact, which is also an unanswered invitation's state; its mail is worth sending until the survey closes."""
    return SurveyInvitationIssued(
        invitation_id=invitation_id,
        survey_id=survey.id,
        member_id=member_id,
        generation=generation,
        link_expires_at=survey.closes_at,
        send_before=survey.closes_at,
        asked_at=tuple(asked_at),
    )
