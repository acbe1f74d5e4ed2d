"""What a result page shows: texts, pictures and tables made of what was counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from services.results.domain import (
    Counted,
    last_instant,
    most_chosen,
    share_positive,
)
from services.results.tables import Survey, asked_in
from shared.events.questionnaire import DO_NOT_KNOW, SCALE, KnownQuestion, Questionnaire, UnknownQuestion
from shared.web import N_
from shared.web.charts import bars, panel_against_population, stacked
from shared.web.i18n import Language

#: Codes of those who took a stand.
_STEPS = tuple(str(step) for step in SCALE)
_GENDERS = {"female": N_("Kvinner"), "male": N_("Menn"), "other": N_("Annet / ikke oppgitt")}


@dataclass(frozen=True)
class Row:
    """One answer option: its text, how many chose it, and their share of the base (0 to 1)."""

    label: str
    n: int
    share: float
    of_stand: float | None = None
    """On a scale, the share of those who took a stand."""


@dataclass(frozen=True)
class Shown:
    """One question as a page shows it."""

    id: str
    text: str
    kind: str
    base: int
    rows: list[Row]
    statement: str
    """What the picture shows, in words: its title."""
    picture: Markup | None
    unit: str
    counted: Counted


def show(questionnaire: Questionnaire, counted: Sequence[Counted], texts: Language) -> list[Shown]:
    """Every question in the reader's language."""
    questions = {part.id: part for part in questionnaire.parts}
    return [_one(questions[one.id], one, texts) for one in counted if one.id in questions]


def _one(question: KnownQuestion | UnknownQuestion, counted: Counted, texts: Language) -> Shown:
    labels = question.labels(texts.code, texts.gettext(N_("Vet ikke")))
    base = counted.base
    # A stored publication has lost the order of its codes: JSON objects have none in the database.
    codes = question.codes if counted.counts else []
    numbers = [(code, counted.counts.get(code, 0)) for code in codes]
    stand = sum(n for code, n in numbers if code in _STEPS) if counted.kind == "scale" else 0
    rows = [Row(labels[code], n, n / base, n / stand if stand and code in _STEPS else None) for code, n in numbers]
    rows += [Row(_class_in_words(low, high, texts), n, n / base) for low, high, n in counted.classes]
    statement = _statement(counted, labels, texts)
    return Shown(
        counted.id,
        question.text.to(texts.code),
        counted.kind,
        base,
        rows,
        statement,
        _picture(counted, codes, rows, statement, texts) if rows else None,
        unit.to(texts.code) if (unit := getattr(question, "unit", None)) else "",
        counted,
    )


def _statement(counted: Counted, labels: Mapping[str, str], texts: Language) -> str:
    if not counted.base:
        return texts.gettext(N_("Ingen har svart."))
    if counted.quartiles:
        low, middle, high = (figure(value, texts) for value in counted.quartiles)
        return texts.gettext(N_("Det midterste svaret er {middle}. Halvparten svarte fra {low} til {high}.")).format(
            low=low, middle=middle, high=high
        )
    if not counted.counts:
        return ""
    if counted.kind == "scale":
        positive = share_positive(counted)
        if positive is None:
            return texts.gettext(N_("Alle svarte «vet ikke»."))
        return texts.gettext(N_("{share} av dem som tok stilling, svarte 4 eller 5.")).format(
            share=texts.percent(positive)
        )
    top = most_chosen(counted.counts)
    # In the order asked: a stored publication has lost the order of its codes.
    most = [code for code in labels if code in top]
    share = texts.percent(counted.counts[most[0]] / counted.base)
    named = ", ".join(texts.gettext(N_("«{label}»")).format(label=labels[code]) for code in most)
    if len(most) > 1:
        return texts.gettext(N_("Flest, og like mange, svarte {labels}: {share} hver.")).format(
            labels=named, share=share
        )
    return texts.gettext(N_("Flest svarte {label}: {share}.")).format(label=named, share=share)


def leading_finding(questionnaire: Questionnaire, counted: Sequence[Counted], texts: Language) -> str:
    """The first one-choice question with one most chosen answer, as a sentence staff can start from; else nothing."""
    questions = {question.id: question for question in questionnaire.questions}
    for one in counted:
        if one.kind == "one_choice" and len(most := most_chosen(one.counts)) == 1:
            question = questions[one.id]
            return texts.gettext(N_("{share} svarte «{label}» på spørsmålet «{question}»")).format(
                share=texts.percent(one.counts[most[0]] / one.base),
                label=question.labels(texts.code, "")[most[0]],
                question=question.text.to(texts.code),
            )
    return ""


def figure(value: float, texts: Language) -> str:
    """``12`` or ``12,5``."""
    return texts.number(value, 0 if value == int(value) else 1)


def _class_in_words(low: float | None, high: float | None, texts: Language) -> str:
    if low is None and high is not None:
        return texts.gettext(N_("{n} eller mindre")).format(n=figure(high, texts))
    if high is None and low is not None:
        return texts.gettext(N_("{n} eller mer")).format(n=figure(low, texts))
    assert low is not None
    assert high is not None
    return figure(low, texts) if low == high else f"{figure(low, texts)}–{figure(high, texts)}"


def tables_of(
    survey: Survey, counted: Sequence[Counted], participants: Mapping[str, Any], texts: Language
) -> dict[str, Any]:
    """What a result and its draft both show: the days answers were taken, each question, who answered."""
    days = None
    if survey.opened_at and survey.closed_at:
        days = (texts.date(survey.opened_at), texts.date(last_instant(survey.closed_at, survey.closes_at)))
    return {
        "days": days,
        "results": show(asked_in(survey), counted, texts),
        "participants": show_participants(participants, texts),
        "figure": lambda value: figure(value, texts),
    }


def _picture(counted: Counted, codes: Sequence[str], rows: Sequence[Row], statement: str, texts: Language) -> Markup:
    told = "; ".join(f"{row.label}: {row.n}" for row in rows)
    if counted.kind == "scale":
        steps = [(row.label, row.n) for row, code in zip(rows, codes, strict=True) if code in _STEPS]
        apart = next((row for row, code in zip(rows, codes, strict=True) if code == DO_NOT_KNOW), None)
        return stacked(statement, told, steps, (apart.label, apart.n) if apart else None, texts.percent)
    return bars(statement, told, [(row.label, row.n, row.share) for row in rows], texts.percent)


@dataclass(frozen=True)
class Part:
    """Participants against the population by gender or age."""

    name: str
    rows: list[tuple[str, float, float | None]]
    """(group, share of those who answered, share of the population or None where it is not counted)."""
    statement: str
    picture: Markup


def show_participants(participants: Mapping[str, Any], texts: Language) -> list[Part]:
    """The parts that may be shown."""
    parts = []
    for key, name in (("gender", texts.gettext(N_("Kjønn"))), ("band", texts.gettext(N_("Alder")))):
        rows = [
            (texts.gettext(_GENDERS[code]) if key == "gender" else _ages(code, texts), share, target)
            for code, share, target in participants.get(key, ())
        ]
        if rows:
            told = texts.gettext(N_("Søylen er de som svarte, streken er befolkningen"))
            statement = _largest_difference(rows, texts)
            picture = panel_against_population(statement, told, list(rows), texts.percent)
            parts.append(Part(name, rows, statement, picture))
    return parts


def _largest_difference(rows: Sequence[tuple[str, float, float | None]], texts: Language) -> str:
    compared = [(label, share, target) for label, share, target in rows if target is not None]
    label, share, target = max(compared, key=lambda row: abs(row[1] - row[2]), default=("", 0.0, 0.0))
    if texts.percent(share) == texts.percent(target):
        return texts.gettext(N_("De som svarte, fordeler seg som befolkningen."))
    return texts.gettext(
        N_("Størst forskjell: {label} er {share} av dem som svarte, og {target} av befolkningen.")
    ).format(label=label, share=texts.percent(share), target=texts.percent(target))


def _ages(codes: Sequence[str], texts: Language) -> str:
    """``15–34 år`` for ``["15-24", "25-34"]``, ``67 år og eldre`` for ``["67-79", "80-"]``."""
    youngest, oldest = codes[0].partition("-")[0], codes[-1].partition("-")[2]
    if not oldest:
        return texts.gettext(N_("{age} år og eldre")).format(age=youngest)
    return texts.gettext(N_("{ages} år")).format(ages=f"{youngest}–{oldest}")


#: Column names of the tables as a file.
COLUMNS = (
    N_("Id"),
    N_("Spørsmål"),
    N_("Svar"),
    N_("Antall"),
    N_("Andel"),
    N_("Svarte i alt"),
    N_("Andel av dem som tok stilling"),
    N_("Befolkningen"),
)


def table_rows(
    shown: Sequence[Shown], parts: Sequence[Part], answered: int, invited: int, texts: Language
) -> list[list[Any]]:
    """The page's tables as rows of ``COLUMNS``; shares between 0 and 1."""
    rate = answered / invited if invited else 0.0
    rows: list[list[Any]] = [["", texts.gettext(N_("Svarprosent")), "", answered, round(rate, 4), invited, None, None]]
    for one in shown:
        for row in one.rows:
            stand = None if row.of_stand is None else round(row.of_stand, 4)
            rows.append([one.id, one.text, row.label, row.n, round(row.share, 4), one.base, stand, None])
        if one.counted.quartiles and one.counted.mean is not None:
            first, middle, third = one.counted.quartiles
            figures = (
                (texts.gettext(N_("Nedre kvartil")), first),
                (texts.gettext(N_("Median")), middle),
                (texts.gettext(N_("Øvre kvartil")), third),
                (texts.gettext(N_("Gjennomsnitt")), one.counted.mean),
            )
            rows += [[one.id, one.text, name, round(value, 2), None, one.base, None, None] for name, value in figures]
        elif not one.rows:
            rows.append([one.id, one.text, "", None, None, one.base, None, None])
    for part in parts:
        for name, share, target in part.rows:
            counted = None if target is None else round(target, 4)
            rows.append(["", part.name, name, None, round(share, 4), None, None, counted])
    return rows
