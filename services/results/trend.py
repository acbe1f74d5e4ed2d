"""What earlier surveys showed of the same question: a trend, as long as it asked the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.results.domain import Counted
from shared.events.questionnaire import Questionnaire, UnknownQuestion, identity_of, is_continued

#: Earlier surveys a table has room for.
_MOST = 4


@dataclass(frozen=True)
class Past:
    """A published survey."""

    questionnaire: Questionnaire
    closed_at: datetime
    counted: Sequence[Counted]


@dataclass(frozen=True)
class Trend:
    """Earlier answers to one question, the oldest first."""

    days: tuple[datetime, ...]
    """When each of the surveys closed."""
    shares: dict[str, tuple[float | None, ...]]
    """Option code or step -> its share (0 to 1) in each; None where it could not be chosen."""
    broken: bool
    """It was asked before that in other words that do not mean the same."""


def trends(questionnaire: Questionnaire, earlier: Sequence[Past]) -> dict[str, Trend]:
    """By question id; ``earlier`` from the newest to the oldest. Questions never asked before are left out."""
    found = {}
    for part in questionnaire.questions:
        question = part.model_dump(mode="json")
        trend = _trend(questionnaire.id, question, earlier)
        if trend.days or trend.broken:
            found[part.id] = trend
    return found


def _trend(questionnaire: str, question: Mapping[str, object], earlier: Sequence[Past]) -> Trend:
    identity, later = identity_of(questionnaire, question), question
    days: list[datetime] = []
    each: list[Mapping[str, float]] = []
    for past in earlier:
        same = _same(past, identity)
        if same is None:
            continue
        before, counted = same
        if not is_continued(before, later):
            return _oldest_first(days, each, broken=True)
        later = before
        if counted.counts and counted.base and len(days) < _MOST:
            days.append(past.closed_at)
            each.append({code: number / counted.base for code, number in counted.counts.items()})
    return _oldest_first(days, each, broken=False)


def _same(past: Past, identity: str) -> tuple[Mapping[str, object], Counted] | None:
    """The question as that survey asked it, and what was counted."""
    counted = {totals.id: totals for totals in past.counted}
    for part in past.questionnaire.parts:
        if isinstance(part, UnknownQuestion) or part.id not in counted:
            continue
        asked = part.model_dump(mode="json")
        if identity_of(past.questionnaire.id, asked) == identity:
            return asked, counted[part.id]
    return None


def _oldest_first(days: Sequence[datetime], each: Sequence[Mapping[str, float]], *, broken: bool) -> Trend:
    codes = dict.fromkeys(code for shares in each for code in shares)
    return Trend(
        tuple(reversed(days)),
        {code: tuple(shares.get(code) for shares in reversed(each)) for code in codes},
        broken,
    )
