"""An invitation for its holder: opened, locked while something changes, sent in, and changed until closing."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import TypeAdapter

from services.surveys.answering.domain import only_shown
from services.surveys.locks import hold_open
from services.surveys.sealing import Seal, SurveyKeys
from shared.database import Transaction, run_sql
from shared.events.questionnaire import Questionnaire
from shared.events.surveys import SurveyAnswered
from shared.ids import random_id
from shared.messaging import emit, lock

_INVITED = """
select i.id, i.member_id, i.generation, i.gender, i.band, i.area, i.asked_at, i.answered_at,
    s.id, s.state, s.closes_at, s.corrected, s.public_key, d.sealed, d.page
from surveys.invitation i join surveys.survey s on s.id = i.survey_id
left join surveys.resting_draft d on d.survey_id = i.survey_id and d.invitation_id = i.id
where i.id = $1
"""
#: Both in one statement: a correction may have come since the survey was read.
_FREEZE = "select questionnaire::text, corrected from surveys.survey where id = $1"
_SENT_IN = "select sealed from surveys.resting_response where survey_id = $1 and id = $2"
_KEEP = """
insert into surveys.resting_draft (survey_id, invitation_id, sealed, page) values ($1, $2, $3, $4)
on conflict (survey_id, invitation_id) do update set sealed = excluded.sealed, page = excluded.page
"""
_SEND_IN = """
with invited as (update surveys.invitation set answered_at = $4 where id = $5)
insert into surveys.resting_response (survey_id, id, sealed) values ($1, $2, $3)
"""
_CHANGE = "update surveys.resting_response set sealed = $3 where survey_id = $1 and id = $2"

#: Questionnaires of open surveys this process has read, by survey and how often its texts have been corrected.
_FROZEN: dict[tuple[UUID, int], Questionnaire] = {}
_MOST_FROZEN = 32
_AS_FROZEN = TypeAdapter(Questionnaire)


class Refusal(StrEnum):
    """Why an invitation cannot be used; each has its own page."""

    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"
    ANSWERED = "answered"
    EARLY = "early"
    PAUSED = "paused"
    CLOSED = "closed"


@dataclass(frozen=True)
class Invited:
    """An invitation as its holder meets it."""

    id: UUID
    member_id: UUID | None
    generation: int
    gender: str
    band: str
    area: str | None
    asked_at: Sequence[datetime]
    answered_at: datetime | None


@dataclass(frozen=True)
class Asking:
    """The survey it is for."""

    id: UUID
    state: str
    closes_at: datetime
    corrected: int
    public_key: bytes


@dataclass(frozen=True)
class Opened:
    """An invitation that may be answered (or its answer changed), its open survey, what has been written so far."""

    invitation: Invited
    survey: Asking
    questionnaire: Questionnaire
    seal: Seal
    answers: dict[str, object]
    """Right answers so far."""
    typed: dict[str, list[str]]
    """Typed text that is no answer yet."""
    page: int | None
    """The person's page; None before the first."""
    response_id: UUID | None = None
    """The answer that was sent in, which sending in again replaces; None before."""


async def look(
    session: Transaction, keys: SurveyKeys, invitation_id: UUID, generation: int, now: datetime
) -> Opened | Refusal:
    """The invitation as it is, to show a page; holds nothing."""
    rows = await run_sql(session, _INVITED, invitation_id)
    if not rows:
        return Refusal.UNKNOWN
    (row,) = rows
    invitation, survey, (sealed, page) = Invited(*row[:8]), Asking(*row[8:13]), row[13:]
    if invitation.member_id is None or invitation.generation > generation:
        return Refusal.WITHDRAWN
    if invitation.answered_at is not None and (sealed is None or survey.state != "open" or survey.closes_at <= now):
        return Refusal.ANSWERED
    if survey.state in ("planned", "paused") and survey.closes_at > now:
        return Refusal.EARLY if survey.state == "planned" else Refusal.PAUSED
    if survey.state != "open" or survey.closes_at <= now:
        return Refusal.CLOSED
    questionnaire = await _questionnaire(session, survey)
    seal = keys.seal(survey.id, survey.public_key)
    if sealed is None:
        return Opened(invitation, survey, questionnaire, seal, {}, {}, None)
    content = seal.open(invitation.id, sealed)
    response_id = UUID(content["response"]) if "response" in content else None
    if "answers" not in content:
        assert response_id is not None
        ((sent_in,),) = await run_sql(session, _SENT_IN, survey.id, response_id)
        content |= {"answers": seal.open(response_id, sent_in)["answers"], "typed": {}}
    answers, typed = content["answers"], content["typed"]
    return Opened(invitation, survey, questionnaire, seal, answers, typed, page, response_id)


async def hold(
    session: Transaction, keys: SurveyKeys, invitation_id: UUID, generation: int, now: datetime
) -> Opened | Refusal:
    """The invitation, kept from being answered elsewhere, closed or erased until this transaction ends.

    Every change an answering person causes starts here. The survey is held first (closing waits), then the invitation
    (another tab and an erasure wait), and only then is it read: nothing can be written for one that is over.
    """
    if not await hold_open(session, invitation_id):
        return Refusal.UNKNOWN
    await lock(session, invitation_id)
    return await look(session, keys, invitation_id, generation, now)


async def _questionnaire(session: Transaction, survey: Asking) -> Questionnaire:
    """What an open survey asks: frozen but for corrections, so it is read and checked once in each process."""
    key = (survey.id, survey.corrected)
    if key not in _FROZEN:
        ((questionnaire, corrected),) = await run_sql(session, _FREEZE, survey.id)
        key = (survey.id, corrected)
        _FROZEN[key] = _AS_FROZEN.validate_python(json.loads(questionnaire))
        if len(_FROZEN) > _MOST_FROZEN:
            del _FROZEN[next(iter(_FROZEN))]
    return _FROZEN[key]


def let_go(survey_id: UUID) -> None:
    """Forget what the survey asks, where nobody will ask for it again."""
    for key in [key for key in _FROZEN if key[0] == survey_id]:
        del _FROZEN[key]


async def keep(
    session: Transaction, opening: Opened, answers: Mapping[str, object], typed: Mapping[str, object], page: int
) -> None:
    """Store the half-finished answers of a held invitation, and what was typed that is no answer yet.

    What was sent in before stays as it is until the change is sent in too.
    """
    pointer = {} if opening.response_id is None else {"response": str(opening.response_id)}
    await _rest(session, opening, {"answers": dict(answers), "typed": dict(typed), **pointer}, page)


async def _rest(session: Transaction, opening: Opened, content: Mapping[str, object], page: int) -> None:
    sealed = opening.seal.close(opening.invitation.id, content)
    await run_sql(session, _KEEP, opening.survey.id, opening.invitation.id, sealed, page)


async def submit(session: Transaction, opening: Opened, answers: Mapping[str, object], now: datetime) -> None:
    """Send in the answers of a held invitation, for the first time or again.

    The answer's row has a random id, no time and no invitation, and is sealed. Which row it is stands in the draft,
    sealed too and alone, so that its length says nothing; the draft goes before the answers leave (decision 0030).
    """
    invitation, survey = opening.invitation, opening.survey
    assert invitation.member_id is not None
    id_, visible = opening.response_id or random_id(), only_shown(opening.questionnaire, answers)
    cell = {"gender": invitation.gender, "band": invitation.band, "area": invitation.area}
    content_sealed = opening.seal.close(id_, {"answers": visible, **cell})
    await _rest(session, opening, {"response": str(id_)}, 1)
    if opening.response_id is not None:
        # That the person took part has been published, and nobody may know of the change.
        await run_sql(session, _CHANGE, survey.id, id_, content_sealed)
        return
    await run_sql(session, _SEND_IN, survey.id, id_, content_sealed, now, invitation.id)
    await emit(
        session,
        SurveyAnswered(
            invitation_id=invitation.id,
            survey_id=survey.id,
            member_id=invitation.member_id,
            answered_at=now,
            asked_at=tuple(invitation.asked_at),
        ),
    )
