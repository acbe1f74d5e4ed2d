"""What a result page shows: texts, pictures and tables made of what was counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from services.results.domain import (
    DO_NOT_KNOW,
    SCALE,
    Counted,
    codes_of,
    in_language,
    labels_of,
    questions_of,
    share_positive,
)
from shared.web import N_
from shared.web.charts import bars, panel_against_population, stacked
from shared.web.i18n import Language

_GENDERS = {"female": N_("Kvinner"), "male": N_("Menn"), "other": N_("Annet / ikke oppgitt")}


@dataclass(frozen=True)
class Row:
    """One answer option: its text, how many chose it, and their share of the base (0 to 1)."""

    label: str
    n: int
    share: float


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


def show(questionnaire: Mapping[str, Any], counted: Sequence[Counted], texts: Language) -> list[Shown]:
    """Every question in the reader's language."""
    questions = {question["id"]: question for question in questions_of(questionnaire)}
    return [_one(questions[one.id], one, texts) for one in counted if one.id in questions]


def _one(question: Mapping[str, Any], counted: Counted, texts: Language) -> Shown:
    labels = labels_of(question, texts.code, texts.gettext(N_("Vet ikke")))
    base = counted.base
    # A stored publication has lost the order of its codes: JSON objects have none in the database.
    codes = codes_of(question) if counted.counts else []
    numbers = [(code, counted.counts.get(code, 0)) for code in codes]
    rows = [Row(labels[code], n, n / base if base else 0.0) for code, n in numbers]
    statement = _statement(counted, rows, texts)
    return Shown(
        counted.id,
        in_language(question["text"], texts.code),
        counted.kind,
        base,
        rows,
        statement,
        _picture(counted, codes, rows, statement, texts) if rows and base else None,
        in_language(question.get("unit"), texts.code),
        counted,
    )


def _statement(counted: Counted, rows: Sequence[Row], texts: Language) -> str:
    if not counted.base:
        return texts.gettext(N_("Ingen har svart."))
    if counted.kind == "scale":
        positive = share_positive(counted)
        if positive is None:
            return texts.gettext(N_("Alle svarte «vet ikke»."))
        return texts.gettext(N_("{share} av dem som tok stilling, svarte 4 eller 5.")).format(
            share=texts.percent(positive)
        )
    if rows:
        top = max(rows, key=lambda row: row.n)
        return texts.gettext(N_("Flest svarte «{label}»: {share}.")).format(
            label=top.label, share=texts.percent(top.share)
        )
    return ""


def _picture(counted: Counted, codes: Sequence[str], rows: Sequence[Row], statement: str, texts: Language) -> Markup:
    told = "; ".join(f"{row.label}: {row.n}" for row in rows)
    if counted.kind == "scale":
        steps = [(row.label, row.n) for row, code in zip(rows, codes, strict=True) if code in SCALE]
        apart = next((row for row, code in zip(rows, codes, strict=True) if code == DO_NOT_KNOW), None)
        return stacked(statement, told, steps, (apart.label, apart.n) if apart else None, texts.percent)
    return bars(statement, told, [(row.label, row.n, row.share) for row in rows], texts.percent)


@dataclass(frozen=True)
class Part:
    """Participants against the population by gender or age."""

    name: str
    rows: list[tuple[str, float, float]]
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
            parts.append(Part(name, rows, panel_against_population(name, told, list(rows), texts.percent)))
    return parts


def _ages(codes: Sequence[str], texts: Language) -> str:
    """``15–34 år`` for ``["15-24", "25-34"]``, ``67 år og eldre`` for ``["67-79", "80-"]``."""
    youngest, oldest = codes[0].partition("-")[0], codes[-1].partition("-")[2]
    if not oldest:
        return texts.gettext(N_("{age} år og eldre")).format(age=youngest)
    return texts.gettext(N_("{ages} år")).format(ages=f"{youngest}–{oldest}")


def table_rows(
    shown: Sequence[Shown], parts: Sequence[Part], answered: int, invited: int, texts: Language
) -> list[list[Any]]:
    """The page's tables as rows (id, question, answer, n, share, base)."""
    rate = answered / invited if invited else 0.0
    rows: list[list[Any]] = [["", texts.gettext(N_("Svarprosent")), "", answered, round(rate, 4), invited]]
    for one in shown:
        rows += [[one.id, one.text, row.label, row.n, round(row.share, 4), one.base] for row in one.rows]
        if one.counted.quartiles and one.counted.mean is not None:
            first, middle, third = one.counted.quartiles
            figures = (
                (texts.gettext(N_("Nedre kvartil")), first),
                (texts.gettext(N_("Median")), middle),
                (texts.gettext(N_("Øvre kvartil")), third),
                (texts.gettext(N_("Gjennomsnitt")), one.counted.mean),
            )
            rows += [[one.id, one.text, name, round(value, 2), None, one.base] for name, value in figures]
        elif not one.rows:
            rows.append([one.id, one.text, "", None, None, one.base])
    for part in parts:
        rows += [["", part.name, name, None, round(share, 4), None] for name, share, _ in part.rows]
    return rows
