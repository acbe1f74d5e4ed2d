"""Drawing a sample: the pool is stored in batches, the draw is one transaction, and those not drawn are told.

Every step goes on after a crash where it stopped, and holds no more than a batch in memory.
"""

import hashlib
import secrets
from collections import Counter
from datetime import datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.audience.choosing import invitable, newest_margins, past_answers, residents_of, wanted_by
from services.surveys.audience.contacts import mails_counted
from services.surveys.audience.domain import Sample, StratumDrawn
from services.surveys.audience.sampling import RULE, Draw, chances_of, in_row, response_of
from services.surveys.audience.tables import Candidate
from services.surveys.fieldwork.domain import Cell
from services.surveys.tables import Member, Survey
from shared.contact_cap import may_be_asked
from shared.database import insert_many
from shared.events.surveys import MemberSpared, SampleDrawn
from shared.ids import new_id
from shared.messaging import emit
from shared.strata import band_of, gender_of

#: Members kept as candidates in one transaction; those drawn that are marked in one statement.
BATCH = 1000


async def keep_candidates(session: AsyncSession, survey: Survey, now: datetime, zone: ZoneInfo) -> None:
    """Keep the next of those the survey is for, with what the draw looks at; ``pooled`` when there are no more."""
    assert survey.opened_at is not None
    following = (
        sa.select(Member)
        .where(invitable(), wanted_by(survey, zone), Member.joined_at <= survey.opened_at)
        .order_by(Member.id)
        .limit(BATCH)
        # Shared row locks: an erasure waits for this batch and then finds its candidates.
        .with_for_update(read=True)
    )
    if survey.invite_after is not None:
        following = following.where(Member.id > survey.invite_after)
    members = list(await session.scalars(following))
    survey.pooled = len(members) < BATCH
    survey.invite_after = None if survey.pooled else members[-1].id
    if not members:
        return
    mails_by_member = mails_counted(now, Member.id.in_([member.id for member in members]))
    mails = {row.member_id: row.mails for row in await session.execute(sa.select(mails_by_member))}
    bands, year = survey.bands, survey.bands_year
    cells = [(gender_of(row.gender), band_of(row.year_of_birth, year, bands), row.area) for row in members]
    had = [mails.get(row.id, 0) for row in members]
    salts = [uuid4().hex for _ in members]
    rows = zip(salts, members, cells, had, strict=True)
    await session.execute(
        insert_many(
            Candidate,
            id=[new_id() for _ in members],
            survey_id=[survey.id for _ in members],
            member_id=[row.id for row in members],
            salt=salts,
            leaf=[leaf_of(salt, str(row.id), cell, number) for salt, row, cell, number in rows],
            gender=[cell[0] for cell in cells],
            band=[cell[1] for cell in cells],
            area=[cell[2] for cell in cells],
            mails=had,
        )
    )


def leaf_of(salt: str, member_id: str, cell: Cell, mails: int) -> str:
    """The fingerprint of one person in the pool; without the salt nobody can try whose it is."""
    gender, band, area = cell
    return hashlib.sha256("\n".join((salt, member_id, gender, band, area or "", str(mails))).encode()).hexdigest()


async def draw_sample(session: AsyncSession, survey: Survey, cap: int, now: datetime) -> None:
    """Draw among the candidates by ``sampling``'s rule and publish how; those at the cap are known by it too.

    The survey is locked as a subject.
    """
    assert survey.sample_size is not None
    counts = await session.execute(
        sa.select(Candidate.gender, Candidate.band, Candidate.area, Candidate.mails, sa.func.count())
        .where(Candidate.survey_id == survey.id)
        .group_by(Candidate.gender, Candidate.band, Candidate.area, Candidate.mails)
    )
    pool = {((gender, band, area), mails): number for gender, band, area, mails, number in counts}
    cells = {cell for cell, _ in pool}
    population = residents_of(pool, await newest_margins(session))
    response = response_of(cells, await past_answers(session, now))
    chances = chances_of(pool, population, response, survey.sample_size, cap)
    seed = secrets.token_hex(16)
    pool_hash = await pool_hash_of(session, survey.id)

    came: Counter[Cell] = Counter()
    draw = Draw(pool, chances, survey.sample_size, seed)
    # The rows read are as they were when reading began, whatever is written meanwhile.
    rows = await session.stream(_row(survey.id, seed), execution_options={"yield_per": BATCH})
    async for part in rows.partitions():
        ids: list[UUID] = []
        for id_, gender, band, area, mails in part:
            cell = (gender, band, area)
            if draw.takes((cell, mails)):
                came[cell] += 1
                ids.append(id_)
        these = sa.any_(sa.literal(ids, ARRAY(sa.Uuid)))
        await session.execute(sa.update(Candidate).where(Candidate.id == these).values(outcome="drawn"))
    rest = sa.update(Candidate).where(Candidate.survey_id == survey.id, Candidate.outcome == "waiting")
    full = sa.not_(may_be_asked(Candidate.mails, cap))
    await session.execute(rest.values(outcome=sa.case((full, "capped"), else_="spared")))
    strata = tuple(
        StratumDrawn(
            gender=cell[0],
            band=cell[1],
            area=cell[2],
            residents=population[cell],
            response=response[cell],
            pool=sum(number for key, number in pool.items() if key[0] == cell),
            capped=sum(number for key, number in pool.items() if key[0] == cell and not may_be_asked(key[1], cap)),
            drawn=came[cell],
        )
        for cell in sorted(cells, key=in_row)
    )
    survey.sample = Sample(rule=RULE, seed=seed, pool_hash=pool_hash, size=survey.sample_size, cap=cap, strata=strata)
    await emit(session, drawn_event(survey.id, survey.sample))


def drawn_event(survey_id: UUID, sample: Sample) -> SampleDrawn:
    """The fact, which is also the sample's state."""
    return SampleDrawn(
        survey_id=survey_id,
        rule=sample.rule,
        seed=sample.seed,
        pool_hash=sample.pool_hash,
        pool=sample.pool,
        capped=sample.capped,
        drawn=sample.drawn,
    )


def spared_event(candidate: Candidate, member_id: UUID) -> MemberSpared:
    """The member is not asked this time."""
    return MemberSpared(
        candidate_id=candidate.id, survey_id=candidate.survey_id, member_id=member_id, reason=candidate.outcome
    )


def _row(survey_id: UUID, seed: str) -> sa.Select[UUID, str, str, str | None, int]:
    """The pool laid in a row, as ``sampling`` has it."""
    fingerprint = sa.func.sha256(sa.func.convert_to(sa.literal(f"{seed}:") + Candidate.leaf, "UTF8"))
    order = (sa.func.coalesce(Candidate.area, ""), Candidate.band, Candidate.gender)
    return (
        sa.select(Candidate.id, Candidate.gender, Candidate.band, Candidate.area, Candidate.mails)
        .where(Candidate.survey_id == survey_id)
        .order_by(*(sa.collate(column, "C") for column in order), fingerprint)
    )


async def pool_hash_of(session: AsyncSession, survey_id: UUID) -> str:
    """SHA-256 of the candidates' fingerprints in order; the same after any of them has been erased."""
    fingerprint = hashlib.sha256()
    leaves = sa.select(Candidate.leaf).where(Candidate.survey_id == survey_id).order_by(Candidate.id)
    async for leaf in await session.stream_scalars(leaves):
        fingerprint.update(f"{leaf}\n".encode())
    return fingerprint.hexdigest()
