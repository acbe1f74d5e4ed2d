"""One question's count as readers get it: in a sentence, in rows, in a picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from babel.dates import format_date
from markupsafe import Markup

from services.results.domain import Counted, key_question, leads, most_chosen, share_positive
from shared.events.questionnaire import (
    Grid,
    KnownQuestion,
    Optioned,
    Pair,
    Questionnaire,
    Ranking,
    Scale,
    UnknownQuestion,
)
from shared.rules import N_
from shared.web.charts import CHARACTERS, CHARACTERS_ALONE, alone, bars, stacked
from shared.web.i18n import Language

AnyQuestion = KnownQuestion | UnknownQuestion
#: Most steps whose colours in one bar can be told apart.
_MOST_STACKED = 5


@dataclass(frozen=True)
class Row:
    """One answer: its text, how many gave it, and their share of the base (0 to 1)."""

    label: str
    n: int
    share: float
    of_stand: float | None = None
    """On a scale, the share of those who took a stand."""
    first: int | None = None
    """In a ranking, how many put it first."""
    code: str = ""
    """The answer's code; empty for classes of numbers and days."""


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
    totals: Counted
    parts: list["Shown"]
    """A grid's statements; what was written beside options."""
    pictures: Sequence[tuple[str, str, str]] = ()
    """Of a choice between two, the alternatives with a picture: (text, the picture as an address, what it shows)."""


def show(questionnaire: Questionnaire, all_totals: Sequence[Counted], texts: Language) -> list[Shown]:
    """Every question in the reader's language."""
    questions = {part.id: part for part in questionnaire.parts}
    return [_one(questions[totals.id], totals, texts) for totals in all_totals if totals.id in questions]


def _one(question: AnyQuestion, totals: Counted, texts: Language) -> Shown:
    rows = _rows(question, totals, texts)
    statement = _statement(question, totals, rows, texts)
    unit = getattr(question, "unit", None)
    return Shown(
        totals.id,
        question.text.to(texts.code),
        totals.kind,
        totals.base,
        rows,
        statement,
        _picture(question, rows, statement, texts) if rows else None,
        unit.to(texts.code) if unit else "",
        totals,
        _parts(question, totals, texts),
        [
            (option.text.to(texts.code), option.picture.address, option.picture.shows.to(texts.code))
            for option in (question.options if isinstance(question, Pair) else ())
            if option.picture
        ],
    )


def _parts(question: AnyQuestion, totals: Counted, texts: Language) -> list[Shown]:
    if isinstance(question, Grid):
        scales = {scale.id: scale for scale in question.scales}
        return [_one(scales[part.id], part, texts) for part in totals.parts]
    if not isinstance(question, Optioned):
        return []
    labels = question.labels(texts.code, "")
    named = {name: labels[code] for code, name in question.written.items()}
    return [
        Shown(part.id, named[part.id], part.kind, part.base, [], "", None, "", part, [])
        for part in totals.parts
        if part.id in named
    ]


def _rows(question: AnyQuestion, totals: Counted, texts: Language) -> list[Row]:
    base = totals.base
    if totals.kind == "date":
        return [Row(_months(code, texts), n, n / base) for code, n in sorted(totals.counts.items())]
    if totals.classes:
        decimals = getattr(question, "decimals", 0)
        return [Row(_class(low, high, totals.kind, decimals, texts), n, n / base) for low, high, n in totals.classes]
    if not totals.counts:
        return []
    labels = question.labels(texts.code, texts.gettext(N_("Vet ikke")))
    scale = question.scale if isinstance(question, Scale) else ()
    stand = sum(totals.counts.get(code, 0) for code in scale)
    firsts = totals.firsts if isinstance(question, Ranking) else {}
    # In the order asked, because a stored publication has lost the order of its codes.
    return [
        Row(
            labels[code],
            n := totals.counts.get(code, 0),
            n / base,
            n / stand if stand and code in scale else None,
            firsts.get(code, 0) if firsts else None,
            code,
        )
        for code in question.codes
    ]


def _statement(question: AnyQuestion, totals: Counted, rows: Sequence[Row], texts: Language) -> str:
    if not totals.base:
        return texts.gettext(N_("Ingen har svart."))
    if totals.quartiles:
        low, middle, high = (figure(value, texts, plain=totals.kind == "year") for value in totals.quartiles)
        return texts.gettext(N_("Det midterste svaret er {middle}. Halvparten svarte fra {low} til {high}.")).format(
            low=low, middle=middle, high=high
        )
    if not totals.counts:
        return ""
    if isinstance(question, Scale):
        return _on_scale(question, totals, texts)
    top = most_chosen({row.label: row.n for row in rows})
    if not top:
        return ""
    share = texts.percent(next(row.share for row in rows if row.label == top[0]))
    named = texts.listed([texts.gettext(N_("«{label}»")).format(label=label) for label in top])
    if isinstance(question, Ranking):
        text = texts.gettext(N_("Flest har {labels} blant de {most} viktigste: {share}."))
        return text.format(labels=named, most=question.most, share=share)
    if len(top) > 1:
        return texts.gettext(N_("Flest, og like mange, svarte {labels}: {share} hver.")).format(
            labels=named, share=share
        )
    return texts.gettext(N_("Flest svarte {label}: {share}.")).format(label=named, share=share)


def _on_scale(question: Scale, totals: Counted, texts: Language) -> str:
    """How many of those who took a stand chose a step above the middle."""
    upper = question.scale[(question.steps + 1) // 2 :]
    positive = share_positive(totals, upper, question.scale)
    if positive is None:
        return texts.gettext(N_("Alle svarte «vet ikke»."))
    share = texts.percent(positive)
    if len(upper) > 2:
        text = texts.gettext(N_("{share} av dem som tok stilling, svarte fra {low} til {high}."))
        return text.format(share=share, low=upper[0], high=upper[-1])
    labels = question.labels(texts.code, "") if question.each else {code: code for code in upper}
    names = [texts.gettext(N_("«{label}»")).format(label=labels[c]) if question.each else labels[c] for c in upper]
    if len(names) == 1:
        return texts.gettext(N_("{share} av dem som tok stilling, svarte {label}.")).format(share=share, label=names[0])
    text = texts.gettext(N_("{share} av dem som tok stilling, svarte {low} eller {high}."))
    return text.format(share=share, low=names[0], high=names[1])


def leading_finding(questionnaire: Questionnaire, all_totals: Sequence[Counted], texts: Language) -> str:
    """The first one-choice question with one most chosen answer, as a sentence staff can start from; else nothing."""
    questions = {question.id: question for question in questionnaire.questions}
    for totals in all_totals:
        if leads(totals):
            question, most = questions[totals.id], most_chosen(totals.counts)
            return texts.gettext(N_("{share} svarte «{label}» på spørsmålet «{question}»")).format(
                share=texts.percent(totals.counts[most[0]] / totals.base),
                label=question.labels(texts.code, "")[most[0]],
                question=question.text.to(texts.code),
            )
    return ""


def figure(value: float, texts: Language, decimals: int = 0, *, plain: bool = False) -> str:
    """``12`` or ``12,5``, with at least as many decimals as the answers; ``plain`` for years, ``2026``."""
    whole = value == int(value)
    if plain:
        return str(int(value)) if whole else str(value).replace(".", ",")
    return texts.number(value, 0 if whole else max(decimals, 1))


def _class(low: float | None, high: float | None, kind: str, decimals: int, texts: Language) -> str:
    def told(value: float) -> str:
        return figure(value, texts, decimals, plain=kind == "year")

    if low is None and high is not None:
        return texts.gettext(N_("{n} eller mindre") if kind != "year" else N_("{n} eller før")).format(n=told(high))
    if high is None and low is not None:
        return texts.gettext(N_("{n} eller mer") if kind != "year" else N_("{n} eller senere")).format(n=told(low))
    assert low is not None
    assert high is not None
    return told(low) if low == high else f"{told(low)}–{told(high)}"


def _months(code: str, texts: Language) -> str:
    """``mars 2026``, or ``mars 2026–mai 2026`` for months that were joined."""
    locale = {"nb": "nb_NO", "nn": "nn_NO", "en": "en_GB"}[texts.code]
    months = [date.fromisoformat(f"{month}-01") for month in code.split("/")]
    return "–".join(format_date(month, "MMMM y", locale=locale) for month in months)


def picture_alone(
    questionnaire: Questionnaire, all_totals: Sequence[Counted], texts: Language, accent: str
) -> str | None:
    """The picture of the key question as a file for other pages; None when a result has no figures."""
    key = key_question(all_totals)
    if key is None:
        return None
    question = next(part for part in questionnaire.parts if part.id == key.id)
    rows = _rows(question, key, texts)
    return alone(_picture(question, rows, _statement(question, key, rows, texts), texts, CHARACTERS_ALONE), accent)


def _picture(
    question: AnyQuestion, rows: Sequence[Row], statement: str, texts: Language, characters: int = CHARACTERS
) -> Markup:
    alternative = "; ".join(f"{row.label}: {texts.number(row.n)}" for row in rows)
    if isinstance(question, Scale) and question.steps <= _MOST_STACKED:
        steps = [(row.label, row.n) for row in rows[: question.steps]]
        apart = next(((row.label, row.n) for row in rows[question.steps :]), None)
        return stacked(statement, alternative, steps, apart, texts, characters)
    return bars(statement, alternative, [(row.label, row.n, row.share) for row in rows], texts, characters)
