"""Faults that the contract's own rules find, in staff's words: each a sentence and the part it is about."""

from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from services.surveys.editing.domain import Content, Part
from services.surveys.editing.naming import NUMBER_NAMES
from services.surveys.editing.reaching import named_in
from services.surveys.editing.rows import FORMATS
from shared.events.questionnaire import NOT_QUOTED, QUOTE, RulesBroken, strict

Fault = tuple[str, str]


def broken_rules(content: Part) -> Iterator[Fault]:
    """Rules between the fields of a question, and between questions, that a form of the editor can break."""
    earlier: dict[str, Content] = {}
    for page in content["pages"]:
        quotable = {id_ for id_, question in earlier.items() if question["type"] not in NOT_QUOTED}
        yield from _about_earlier(page, {"title": page["title"]}, earlier, quotable)
        for question in page["questions"]:
            yield from ((f"{_name(question)} {fault}", question["id"]) for fault in _own(question))
            yield from _about_earlier(question, question, earlier, quotable)
            earlier[question["id"]] = question


def refused(content: Mapping[str, object]) -> Iterator[Fault]:
    """Faults the contract finds. It is asked last: most faults are found, and said better, before it."""
    try:
        strict(content)
    except RulesBroken as broken:
        yield from ((f"Skjemaet kan ikke brukes ennå: {sentence}", "") for sentence in broken.problems)
    except ValidationError as failure:
        # A page with a fault does not count as one, so that the questionnaire has none only follows from it.
        faults = [error for error in failure.errors() if error["loc"] != ("pages",)] or failure.errors()
        yield from (_of_a_field(content, error["loc"], error.get("ctx", {})) for error in faults)


def _own(question: Part) -> Iterator[str]:
    options = question.get("options", ())
    most, least = question.get("max"), question.get("min")
    if question["type"] == "several_choices":
        together = sum(not option.get("exclusive") for option in options)
        if max(least or 0, most or 0) > together:
            yield f"kan ikke kreve flere svar enn de {together} som kan velges sammen."
        elif least and most and least > most:
            yield "må ha et minste antall svar som ikke er større enn det høyeste."
    if question["type"] == "ranking" and question.get("most", 3) > len(options):
        yield f"spør etter de {question.get('most', 3)} viktigste, men har bare {len(options)} svaralternativer."
    for option in options:
        shown = f"«{option['text'].get('nb') or option['code']}»"
        if (picture := option.get("picture")) and not any(picture.get(name) for name in FORMATS):
            yield f"sier hva et bilde viser ved {shown}, men har ikke bildet. Legg det til, eller tøm teksten."
        elif picture and not picture["shows"].get("nb"):
            yield f"mangler tekst om hva bildet ved {shown} viser, for dem som ikke ser det."
    if question["type"] == "date" and least and most and least >= most:
        yield "må ha en første dag som er før den siste."
    if each := question.get("each"):
        if len(each) != (steps := question.get("steps", 5)):
            yield f"har tekst på {len(each)} trinn, men {steps} trinn. Skriv en tekst på hvert trinn, eller ingen."
        if question.get("low") or question.get("high"):
            yield "har tekst både på endene og på hvert trinn. Tøm det ene."


def _about_earlier(part: Part, texts: object, earlier: Mapping[str, Content], quotable: set[str]) -> Iterator[Fault]:
    for condition in named_in(part.get("show_if") or {}):
        id_, _, statement = condition["question"].partition(".")
        if (source := earlier.get(id_)) is None:
            continue  # Another check names a question that is missing.
        if statement and statement not in [row["code"] for row in source.get("statements", ())]:
            yield f"Vilkåret viser til en påstand som er fjernet fra {_name(source)}.", part["id"]
        codes = [option["code"] for option in source.get("options", ())]
        if codes and any(value not in codes for value in condition.get("any_of") or ()):
            yield f"Vilkåret viser til et svar som er fjernet fra {_name(source)}.", part["id"]
    for id_ in sorted(set(QUOTE.findall(str(texts))) - quotable):
        yield f"Teksten gjengir svaret på {{{id_}}}, som ikke er et kort svar fra en tidligere side.", part["id"]


def _of_a_field(content: Mapping[str, object], place: tuple[int | str, ...], limits: Mapping[str, object]) -> Fault:
    """A field that the contract would not take: what it is called, and the limit where there is one."""
    field, question = str(place[-1]), None
    if place[:1] == ("pages",) and len(place) > 3 and place[2] == "questions":
        question = content["pages"][place[1]]["questions"][place[3]]  # type: ignore[index]
    if "max_length" in limits:
        whole = f"{_name(question)} har" if question else "Innledningen eller en overskrift har"
        return f"{whole} en tekst på mer enn {limits['max_length']} tegn. Kort den ned.", question[
            "id"
        ] if question else ""
    what = NUMBER_NAMES.get(field, {"minutes": "Hvor mange minutter det tar"}.get(field, ""))
    least = next((limits[name] for name in ("ge", "gt") if name in limits), None)
    most = next((limits[name] for name in ("le", "lt") if name in limits), None)
    if not what or (least is None and most is None):
        return f"Skjemaet kan ikke brukes ennå: {'.'.join(map(str, place))}", question["id"] if question else ""
    limit = f"kan ikke være mindre enn {least}" if most is None else f"kan ikke være større enn {most}"
    return f"{_name(question) + ': ' if question else ''}{what.lower()} {limit}.", question["id"] if question else ""


def _name(question: Part) -> str:
    return f"«{question['text'].get('nb') or question['id']}»"
