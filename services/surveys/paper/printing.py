"""A questionnaire as a PDF to fill in with a pen, by Typst; its words come in as data, never markup."""

import json
from importlib import resources

from services.surveys.paper.wording import numbers_of, only_for
from shared.events.questionnaire import (
    Day,
    Grid,
    Information,
    KnownQuestion,
    LongText,
    Number,
    Optioned,
    Questionnaire,
    Ranking,
    Scale,
    SeveralChoices,
    Steps,
    Year,
)
from shared.rules import N_
from shared.web.i18n import Language


def as_pdf(questionnaire: Questionnaire, texts: Language, code: str, last_day: str, owner: str) -> bytes:
    """The sheets, in the reader's language; ``code`` and ``last_day`` are empty on a specimen.

    Takes a few tenths of a second.
    """
    numbers = numbers_of(questionnaire)
    data = {
        "lang": "nn" if texts.code == "nn" else "en" if texts.code == "en" else "nb",
        "title": questionnaire.title.to(texts.code),
        "introduction": questionnaire.introduction.to(texts.code),
        "owner": owner,
        "code": code,
        "how": texts.gettext(
            N_("Sett kryss i rutene og skriv på linjene. Hopp over det du ikke vil svare på. Ikke skriv navn.")
        ),
        "until": texts.gettext(N_("Vi må ha skjemaet senest {day}.")).format(day=last_day) if last_day else "",
        "sealed": texts.gettext(
            N_("En ansatt fører svarene inn og makulerer arket. Svarene lagres uten navn, som alle andres.")
        ),
        "code_name": texts.gettext(N_("Kode")),
        "pages": [
            {
                "title": page.title.to(texts.code, gaps(questionnaire, numbers, texts)),
                "only": only_for(questionnaire, page.show_if, numbers, texts),
                "questions": [_question(questionnaire, question, numbers, texts) for question in page.known],
            }
            for page in questionnaire.pages
        ],
    }
    source = resources.files("services.surveys.paper").joinpath("sheets", "questionnaire.typ").read_bytes()
    import typst

    return bytes(typst.compile(source, sys_inputs={"data": json.dumps(data, ensure_ascii=False)}))


def _question(
    questionnaire: Questionnaire, question: KnownQuestion, numbers: dict[str, int], texts: Language
) -> dict[str, object]:
    blanks = gaps(questionnaire, numbers, texts)
    row: dict[str, object] = {
        "number": numbers.get(question.id),
        "text": question.text.to(texts.code, blanks),
        "help": question.help.to(texts.code, blanks) if question.help else "",
        "only": only_for(questionnaire, question.show_if, numbers, texts),
        "rule": _rule(question, texts),
        "lines": 0,
        "boxes": [],
        "ranks": [],
        "head": [],
        "rows": [],
    }
    do_not_know = texts.gettext(N_("Vet ikke"))
    match question:
        case Information():
            pass
        case Ranking():
            row["ranks"] = [option.text.to(texts.code) for option in question.options]
        case Grid():
            row["head"] = list(question.labels(texts.code, do_not_know).values())
            row["rows"] = [statement.text.to(texts.code) for statement in question.statements]
        case Optioned():
            row["boxes"] = [(option.text.to(texts.code), option.write) for option in question.options]
        case Scale():
            row["boxes"] = [(label, False) for label in question.labels(texts.code, do_not_know).values()]
        case _:
            row["lines"] = 6 if isinstance(question, LongText) else 1
    row["across"] = isinstance(question, Steps)
    return row


def _rule(question: KnownQuestion, texts: Language) -> str:
    """How many to choose, or in which form to write."""
    match question:
        case SeveralChoices() if question.max:
            return texts.gettext(N_("Velg høyst {max}.")).format(max=question.max)
        case SeveralChoices():
            return texts.gettext(N_("Du kan sette flere kryss."))
        case Ranking():
            return texts.gettext(N_("Skriv 1 ved det viktigste, så 2, til og med {most}.")).format(most=question.most)
        case Number():
            unit = f" {question.unit.to(texts.code)}" if question.unit else ""
            limits = texts.gettext(N_("Et tall fra {min} til {max}.")).format(min=question.min, max=question.max)
            return limits.removesuffix(".") + unit + "."
        case Year():
            return texts.gettext(N_("Årstall med fire siffer"))
        case Day():
            return texts.gettext(N_("Dag, måned og år"))
    return ""


def gaps(questionnaire: Questionnaire, numbers: dict[str, int], texts: Language) -> dict[str, str]:
    """An earlier answer quoted in a text is no word on paper, but the place where it stands."""
    where = texts.gettext(N_("… (se spørsmål {number})"))
    return {part.id: where.format(number=numbers[part.id]) for part in questionnaire.questions}
