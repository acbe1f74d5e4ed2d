"""Trends: earlier results of the same question, as long as it asked the same."""

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
    totals: Sequence[Counted]


@dataclass(frozen=True)
class Trend:
    """Earlier answers to one question or statement, the oldest first."""

    days: tuple[datetime, ...]
    """When each of the surveys closed."""
    shares: dict[str, tuple[float | None, ...]]
    """Option code or step -> its share (0 to 1) in each; None where it could not be chosen."""
    medians: tuple[float, ...]
    """Of numbers and years, the middle answer in each; empty for the other kinds."""
    broken: bool
    """It was asked before that in other words that do not mean the same."""


def trends(questionnaire: Questionnaire, earlier: Sequence[Past]) -> dict[str, Trend]:
    """By id of question or of a grid's statement; ``earlier`` from the newest to the oldest.

    What was never asked before is left out.
    """
    by_id: dict[str, Trend] = {}
    for part in questionnaire.questions:
        before, broken = _asked_before(questionnaire.id, part.model_dump(mode="json"), earlier)
        by_id[part.id] = _trend(before, broken=broken)
        for code in dict.fromkeys(code for _, totals in before for code in _statements(totals)):
            # The break is told once, at the question.
            of_it = [(day, here[code]) for day, totals in before if code in (here := _statements(totals))]
            by_id[f"{part.id}.{code}"] = _trend(of_it, broken=False)
    return {id_: trend for id_, trend in by_id.items() if trend.days or trend.broken}


def _asked_before(
    questionnaire: str, question: Mapping[str, object], earlier: Sequence[Past]
) -> tuple[list[tuple[datetime, Counted]], bool]:
    """When it was asked alike and what was counted, the newest first; and whether other words came before that."""
    identity, later = identity_of(questionnaire, question), question
    before: list[tuple[datetime, Counted]] = []
    for past in earlier:
        same = _same(past, identity)
        if same is None:
            continue
        source, totals = same
        if not is_continued(source, later):
            return before, True
        later = source
        before.append((past.closed_at, totals))
    return before, False


def _statements(totals: Counted) -> dict[str, Counted]:
    """A grid's statements by their codes; surveys may name the grid differently."""
    if totals.kind != "grid":
        return {}
    return {part.id.removeprefix(f"{totals.id}."): part for part in totals.parts}


def _trend(before: Sequence[tuple[datetime, Counted]], *, broken: bool) -> Trend:
    """Of what was counted, the newest first."""
    points = [(day, totals) for day, totals in before if totals.base and (totals.counts or totals.quartiles)]
    points = points[:_MOST][::-1]
    shares_by_code = [{code: number / total.base for code, number in total.counts.items()} for _, total in points]
    codes = dict.fromkeys(code for shares in reversed(shares_by_code) for code in shares)
    return Trend(
        days=tuple(day for day, _ in points),
        shares={code: tuple(shares.get(code) for shares in shares_by_code) for code in codes},
        medians=tuple(total.quartiles[1] for _, total in points if total.quartiles),
        broken=broken,
    )


def _same(past: Past, identity: str) -> tuple[Mapping[str, object], Counted] | None:
    """The question as that survey asked it, and what was counted."""
    by_id = {totals.id: totals for totals in past.totals}
    for part in past.questionnaire.parts:
        if isinstance(part, UnknownQuestion) or part.id not in by_id:
            continue
        content = part.model_dump(mode="json")
        if identity_of(past.questionnaire.id, content) == identity:
            return content, by_id[part.id]
    return None
