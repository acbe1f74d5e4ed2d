"""Conditions in plain Bokmål, for staff."""

from shared.events.questionnaire import Answered, Condition, Every, Grid, NoneOf, Questionnaire, Some


def in_words(questionnaire: Questionnaire, condition: Condition | None) -> str:
    """``svarer «Ja» på «Kjører du bil?» og ikke svarer ...``; to be put after "dem som"."""
    match condition:
        case Answered():
            return _answered(questionnaire, condition)
        case Every():
            return " og ".join(_inner(questionnaire, inner) for inner in condition.all)
        case Some():
            return " eller ".join(_inner(questionnaire, inner) for inner in condition.any)
        case NoneOf():
            return " og ".join(
                f"ikke {words}" if isinstance(inner, Answered) else f"ikke ({words})"
                for inner in condition.none
                for words in [in_words(questionnaire, inner)]
            )
        case _:
            return "oppfyller et vilkår denne versjonen ikke kjenner"


def _inner(questionnaire: Questionnaire, condition: Condition) -> str:
    words = in_words(questionnaire, condition)
    return f"({words})" if isinstance(condition, Every | Some) else words


def _answered(questionnaire: Questionnaire, condition: Answered) -> str:
    id_, _, code = condition.question.partition(".")
    source = next(question for question in questionnaire.questions if question.id == id_)
    text = source.text.nb
    if isinstance(source, Grid):
        text = next(statement.text.nb for statement in source.statements if statement.code == code)
    if condition.any_of is not None:
        labels = source.labels("nb", "Vet ikke")
        return f"svarer {' eller '.join(f'«{labels[str(value)]}»' for value in condition.any_of)} på «{text}»"
    limits = [
        f"{words} {str(limit).replace('.', ',')}"
        for words, limit in (("minst", condition.at_least), ("høyst", condition.at_most))
        if limit is not None
    ]
    return f"svarer {' og '.join(limits)} på «{text}»" if limits else f"svarer på «{text}»"
