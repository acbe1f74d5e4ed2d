"""What a result page shows: texts, pictures and tables made of what was counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from markupsafe import Markup

from services.results.domain import Counted
from services.results.findings import Shown, figure, show
from services.results.tables import Survey, asked_in
from shared.events.questionnaire import Questionnaire, Scale
from shared.events.surveys import TextChange
from shared.rules import N_, last_day
from shared.web.charts import panel_against_population
from shared.web.i18n import Language

_GENDERS = {"female": N_("Kvinner"), "male": N_("Menn"), "other": N_("Annet / ikke oppgitt")}
_PARTS = (("gender", N_("Kjønn")), ("band", N_("Alder")), ("area", N_("Område")))
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
#: A row of such a table.
Line = list[str | float | None]


def tables_of(
    survey: Survey,
    all_totals: Sequence[Counted],
    participants: Mapping[str, Any],
    texts: Language,
    changes: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """What a result and its draft both show: the days answers were taken, each question, who answered."""
    days = None
    if survey.opened_at and (ended_at := survey.closed_at):
        start, end = texts.date(survey.opened_at), texts.date(last_day(survey.closes_at or ended_at, ended_at))
        period = N_("{start}") if start == end else N_("fra {start} til {end}")
        days = texts.gettext(period).format(start=start, end=end)
    return {
        "days": days,
        "corrections": [
            (texts.date(correction.corrected_at), correction.answered, _in(correction.changes, texts.code))
            for correction in survey.corrections
        ],
        "results": show(asked_in(survey), all_totals, texts),
        "participants": show_participants(participants, texts),
        "area_source": participants.get("area_source", ""),
        "genders_shown": bool(participants.get("gender")),
        "changes": show_changes(asked_in(survey), changes, texts),
        "figure": partial(figure, texts=texts),
    }


def _in(changes: Sequence[TextChange], code: str) -> list[tuple[str, str]]:
    """(before, after) of the texts corrected in the reader's language, else in all."""
    own = [change for change in changes if change.language == code]
    return [(change.before, change.after) for change in own or changes]


@dataclass(frozen=True)
class Change:
    """One question before and after a meeting; means from 1 to the scale's end, None where there is nothing to show."""

    text: str
    ends: str
    """What the scale's first and last step mean, or a mean says nothing."""
    before: float
    after: float
    control_before: float | None
    control_after: float | None

    @property
    def change(self) -> float:
        """Of those who were at the meeting."""
        return round(self.after - self.before, 1) + 0.0

    @property
    def control_change(self) -> float | None:
        """Of the control group."""
        if self.control_before is None or self.control_after is None:
            return None
        return round(self.control_after - self.control_before, 1) + 0.0

    @property
    def difference(self) -> float | None:
        """How much more those who were at the meeting changed."""
        return None if self.control_change is None else round(self.change - self.control_change, 1) + 0.0


def show_changes(questionnaire: Questionnaire, changes: Sequence[Mapping[str, Any]], texts: Language) -> list[Change]:
    """The rows in the reader's language."""
    scales = {question.id: question for question in questionnaire.questions if isinstance(question, Scale)}
    places = ("before", "after", "control_before", "control_after")
    return [
        Change(scale.text.to(texts.code), _ends(scale, texts.code), *(row[place] for place in places))
        for row in changes
        if (scale := scales.get(row["id"])) is not None
    ]


def _ends(scale: Scale, language: str) -> str:
    """``1 Svært dårlig – 5 Svært godt``."""
    labels = scale.labels(language, "")
    first, last = scale.scale[0], scale.scale[-1]
    return " – ".join(f"{code} {labels[code].removeprefix(code).strip()}".strip() for code in (first, last))


@dataclass(frozen=True)
class Part:
    """Participants against the population by gender, age or area."""

    name: str
    rows: list[tuple[str, float, float | None]]
    """(group, share of those who answered, share of the population or None where it is not counted)."""
    statement: str
    picture: Markup


def show_participants(participants: Mapping[str, Any], texts: Language) -> list[Part]:
    """The parts that may be shown."""
    parts = []
    for key, name in _PARTS:
        name = texts.gettext(name)
        rows = [(_group(key, code, texts), share, target) for code, share, target in participants.get(key, ())]
        if rows:
            alternative = texts.gettext(N_("Søylen er de som svarte, streken er befolkningen"))
            statement = _largest_difference(rows, texts)
            picture = panel_against_population(statement, alternative, list(rows), texts)
            parts.append(Part(name, rows, statement, picture))
    return parts


def _group(key: str, code: Any, texts: Language) -> str:
    if key == "gender":
        return texts.gettext(_GENDERS[code])
    if key == "band":
        return _ages(code, texts)
    return ", ".join(label or texts.gettext(N_("Utenfor områdene")) for label in code)


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


def table_rows(
    questions: Sequence[Shown], parts: Sequence[Part], answered: int, invited: int, texts: Language
) -> list[Line]:
    """The page's tables as rows of ``COLUMNS``; shares between 0 and 1."""
    rate = answered / invited if invited else 0.0
    rows: list[Line] = [["", texts.gettext(N_("Svarprosent")), "", answered, round(rate, 4), invited, None, None]]
    for question in (part for whole in questions for part in (whole, *whole.parts)):
        for row in question.rows:
            stand = None if row.of_stand is None else round(row.of_stand, 4)
            rows.append([question.id, question.text, row.label, row.n, round(row.share, 4), question.base, stand, None])
        for row in question.rows:
            if row.first is not None:
                label = texts.gettext(N_("{label}, satt først")).format(label=row.label)
                share = round(row.first / question.base, 4)
                rows.append([question.id, question.text, label, row.first, share, question.base, None, None])
        if question.totals.quartiles and question.totals.mean is not None:
            first, middle, third = question.totals.quartiles
            figures = (
                (texts.gettext(N_("Nedre kvartil")), first),
                (texts.gettext(N_("Median")), middle),
                (texts.gettext(N_("Øvre kvartil")), third),
                (texts.gettext(N_("Gjennomsnitt")), question.totals.mean),
            )
            rows += [
                [question.id, question.text, name, round(value, 2), None, question.base, None, None]
                for name, value in figures
            ]
        elif not question.rows:
            rows.append([question.id, question.text, "", None, None, question.base, None, None])
    for part in parts:
        for name, share, target in part.rows:
            number = None if target is None else round(target, 4)
            rows.append(["", part.name, name, None, round(share, 4), None, None, number])
    return rows
