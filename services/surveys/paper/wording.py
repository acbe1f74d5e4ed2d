"""The audience of a question on paper, told by earlier answers and the numbers of their questions."""

from collections.abc import Mapping

from shared.events.questionnaire import Answered, Condition, Every, Information, NoneOf, Questionnaire, Some
from shared.rules import N_
from shared.web.i18n import Language


def numbers_of(questionnaire: Questionnaire) -> dict[str, int]:
    """Question id -> its number on paper, from 1; information has none."""
    questions = [part for part in questionnaire.parts if not isinstance(part, Information)]
    return {part.id: number for number, part in enumerate(questions, start=1)}


def only_for(
    questionnaire: Questionnaire, condition: Condition | None, numbers: Mapping[str, int], texts: Language
) -> str:
    """``Bare hvis du har svart «Ja» på spørsmål 2.``; empty for everybody."""
    if condition is None:
        return ""
    if isinstance(condition, NoneOf):
        words = _joined(texts.gettext(N_("eller")), questionnaire, condition.none, numbers, texts)
        return texts.gettext(N_("Bare hvis du ikke har svart {condition}.")).format(condition=words)
    words = for_whom(questionnaire, condition, numbers, texts)
    return texts.gettext(N_("Bare hvis du har svart {condition}.")).format(condition=words)


def for_whom(
    questionnaire: Questionnaire, condition: Condition | None, numbers: Mapping[str, int], texts: Language
) -> str:
    """``«Ja» på spørsmål 2 og minst 18 på spørsmål 3``; empty for everybody."""
    match condition:
        case Answered():
            return _answer(questionnaire, condition, numbers, texts)
        case Every():
            return _joined(texts.gettext(N_("og")), questionnaire, condition.all, numbers, texts)
        case Some():
            return _joined(texts.gettext(N_("eller")), questionnaire, condition.any, numbers, texts)
        case NoneOf():
            inner = _joined(texts.gettext(N_("eller")), questionnaire, condition.none, numbers, texts)
            return texts.gettext(N_("ikke ({condition})")).format(condition=inner)
    return ""


def _joined(
    word: str,
    questionnaire: Questionnaire,
    conditions: tuple[Condition, ...],
    numbers: Mapping[str, int],
    texts: Language,
) -> str:
    parts = [
        f"({words})" if isinstance(part, Every | Some) and len(conditions) > 1 else words
        for part in conditions
        for words in [for_whom(questionnaire, part, numbers, texts)]
    ]
    return f" {word} ".join(parts)


def _answer(questionnaire: Questionnaire, condition: Answered, numbers: Mapping[str, int], texts: Language) -> str:
    id_, _, statement = condition.question.partition(".")
    question = next(part for part in questionnaire.questions if part.id == id_)
    labels = question.labels(texts.code, texts.gettext(N_("Vet ikke")))
    if condition.any_of is not None:
        or_ = f" {texts.gettext(N_('eller'))} "
        quoted = texts.gettext(N_("«{label}»"))
        words = or_.join(quoted.format(label=labels.get(str(value), str(value))) for value in condition.any_of)
    else:
        limits = ((N_("minst {number}"), condition.at_least), (N_("høyst {number}"), condition.at_most))
        and_ = f" {texts.gettext(N_('og'))} "
        point = "." if texts.code == "en" else ","
        said = [(text, str(limit).replace(".", point)) for text, limit in limits if limit is not None]
        words = and_.join(texts.gettext(text).format(number=limit) for text, limit in said)
    where = texts.gettext(N_("spørsmål {number}")).format(number=numbers[id_])
    if statement:
        row = next(row for row in getattr(question, "statements", ()) if row.code == statement)
        where = f"{where} ({texts.gettext(N_('«{label}»')).format(label=row.text.to(texts.code))})"
    if not words:
        return texts.gettext(N_("noe på {where}")).format(where=where)
    return texts.gettext(N_("{answers} på {where}")).format(answers=words, where=where)
