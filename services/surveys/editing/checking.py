"""Findings about a questionnaire before it may open, faults and advice: a sentence each, with its place.

Faults stop it from being marked as ready, advice does not.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil

from services.surveys.editing.domain import Content, Part, languages_of, questions, text_parts
from services.surveys.editing.naming import LANGUAGE_NAMES
from services.surveys.editing.reaching import Patience, is_reachable, named_in
from services.surveys.editing.refusing import broken_rules, refused
from shared.events.questionnaire import identity_of, is_continued

#: Statements in a grid past which people stop reading (a common rule of survey handbooks).
_MOST_STATEMENTS = 7
#: LIX up to which a text counts as easy to middling (Björnsson 1968): newspapers lie about 45.
_HIGHEST_LIX = 45
_FEWEST_WORDS = 20
#: Nobody answers as many; the whole questionnaire travels in one event, which must stay below 900 kB.
_MOST_QUESTIONS, _MOST_BYTES = 200, 600_000
_WORDS_A_MINUTE = 200
#: Seconds to choose an answer, beside reading; writing takes longer.
_SECONDS, _SECONDS_TO_WRITE = 4.0, 30.0
#: The special categories of personal data (GDPR article 9), as an everyday text names them.
_SPECIAL = re.compile(
    r"\b(helse(?!sykepleier|stasjon)\w*|syk(?:dom|meld)\w*|diagnose\w*|funksjonsneds\w*|religio\w*|livssyn\w*"
    r"|tro(?:s|ende)\w*|etnis\w*|hudfarge\w*|fagforening\w*|seksuel\w*|legning\w*|stemte\w*"
    r"|politiske? (?:parti|oppfatning|syn)\w*)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Finding:
    """One sentence about one part."""

    text: str
    part: str = ""
    """Id of the page or question; empty for the whole."""
    stops: bool = True
    """A fault, not an advice."""


def findings(content: Mapping[str, object], bank: Mapping[str, Mapping[str, object]] | None = None) -> list[Finding]:
    """Faults first, each in the order of the questionnaire; ``bank`` holds questions asked before, by identity."""
    all_findings = [
        *_size(content), *_cover(content), *_pages(content), *_questions(content), *_languages(content),
        *_conditions(content), *_length(content), *_reading(content), *_special(content),
        *_changed_words(content, bank or {}), *(Finding(*fault) for fault in broken_rules(content)),
    ]  # fmt: skip
    if not any(finding.stops for finding in all_findings):
        # Faults that only the contract's own rules find; a survey must never open with them.
        all_findings += [Finding(*fault) for fault in refused(content)]
    return sorted(all_findings, key=lambda finding: not finding.stops)


def minutes_needed(content: Mapping[str, object]) -> int:
    """Whole minutes for reading and answering what everybody is asked, at least one."""
    seconds = 0.0
    for question in questions(content):
        if question.get("show_if"):
            continue
        words = sum(len(text.split()) for text in _texts_of(question))
        fields = len(question.get("statements", ())) or question.get("most", 1)
        writes = question["type"] == "long_text"
        seconds += words * 60 / _WORDS_A_MINUTE + (_SECONDS_TO_WRITE if writes else _SECONDS * fields)
    return max(1, ceil(seconds / 60))


def lix(text: str) -> float:
    """Läsbarhetsindex: words a sentence plus percent of words longer than six letters."""
    words = re.findall(r"[^\W\d_]+", text)
    if not words:
        return 0.0
    sentences = max(1, len(re.findall(r"[.!?:]+(?=\s|$)", text)))
    return len(words) / sentences + 100 * sum(len(word) > 6 for word in words) / len(words)


def _size(content: Mapping[str, object]) -> Iterator[Finding]:
    number = sum(1 for _ in questions(content))
    if number > _MOST_QUESTIONS:
        yield Finding(f"Skjemaet har {number} spørsmål. Det kan ha høyst {_MOST_QUESTIONS}.")
    elif len(json.dumps(content, ensure_ascii=False).encode()) > _MOST_BYTES:
        yield Finding("Skjemaet er for stort til å sendes ut. Ta bort bilder eller tekst.")


def _cover(content: Part) -> Iterator[Finding]:
    if not content["title"].get("nb"):
        yield Finding("Skjemaet mangler tittel.")
    if not content["introduction"].get("nb"):
        yield Finding("Skjemaet mangler en innledning: hvorfor spør kommunen?")


def _pages(content: Part) -> Iterator[Finding]:
    for number, page in enumerate(content["pages"], start=1):
        if not page["title"].get("nb"):
            yield Finding(f"Side {number} mangler overskrift.", page["id"])
        if not page["questions"]:
            yield Finding(f"Side {number} har ingen spørsmål.", page["id"])
    ends = {0: "Første side", len(content["pages"]) - 1: "Siste side"}
    for place, name in ends.items():
        page = content["pages"][place]
        if page["questions"] and (page.get("show_if") or all(each.get("show_if") for each in page["questions"])):
            yield Finding(f"{name} må ha minst ett spørsmål som alle får.", page["id"])


def _questions(content: Part) -> Iterator[Finding]:
    places: dict[str, str] = {}
    numbers = [
        (page, place) for page, part in enumerate(content["pages"], 1) for place in range(1, len(part["questions"]) + 1)
    ]
    for (page, place), question in zip(numbers, questions(content), strict=True):
        id_, text = question["id"], question["text"].get("nb", "")
        name = f"«{text}»" if text else f"Spørsmål {place} på side {page}"
        if not text:
            yield Finding(f"{name} mangler tekst.", id_)
        elif text.casefold() in places and question["type"] != "information":
            yield Finding(f"{name} er stilt to ganger.", id_)
        places[text.casefold()] = id_
        for list_, one, word in (
            ("options", "et svaralternativ", "svaralternativer"),
            ("statements", "en påstand", "påstander"),
        ):
            if list_ in question and question["type"] != "area":
                if len(question[list_]) < 2:
                    yield Finding(f"{name} trenger minst to {word}.", id_)
                if not all(row["text"].get("nb") for row in question[list_]):
                    yield Finding(f"{name} har {one} uten tekst på bokmål.", id_)
                twice = Counter(row["text"].get("nb", "").casefold() for row in question[list_])
                if any(number > 1 for row, number in twice.items() if row):
                    yield Finding(f"{name} har to like {word}.", id_)
        if len(question.get("statements", ())) > _MOST_STATEMENTS:
            yield Finding(
                f"{name} har {len(question['statements'])} påstander. Del den: {_MOST_STATEMENTS} er nok.", id_
            )
        if question["type"] == "pair" and len(question.get("options", ())) > 2:
            yield Finding(f"{name} kan bare ha to svaralternativer.", id_)
        if question["type"] in ("scale", "grid"):
            if not 2 <= question.get("steps", 5) <= 11:
                yield Finding(f"{name} må ha fra 2 til 11 trinn.", id_)
            if not question.get("each") and not (question.get("low") and question.get("high")):
                yield Finding(f"{name} må si hva det laveste og det høyeste trinnet betyr.", id_)
        low, high = question.get("min"), question.get("max")
        if question["type"] in ("number", "year"):
            if low is None or high is None:
                yield Finding(f"{name} må ha et minste og et største tall.", id_)
            elif low >= high:
                yield Finding(f"{name}: det minste tallet må være mindre enn det største.", id_)


def _languages(content: Part) -> Iterator[Finding]:
    languages = languages_of(content)
    parts = [("", {key: content[key] for key in ("title", "topic", "introduction") if key in content})]
    parts += [(page["id"], {"title": page["title"]}) for page in content["pages"]]
    parts += [(question["id"], question) for question in questions(content)]
    for part_id, part in parts:
        for language in languages:
            missing = sum(1 for texts in text_parts(part) if texts.get("nb") and not texts.get(language))
            if missing:
                own = (part.get("text") or part["title"]).get("nb")
                where = f"«{own}»" if own and part_id else "Siden" if part_id else "Tittel og innledning"
                what = "en tekst" if missing == 1 else f"{missing} tekster"
                yield Finding(f"{where} mangler {what} på {LANGUAGE_NAMES[language].lower()}.", part_id)


def _conditions(content: Part) -> Iterator[Finding]:
    earlier: dict[str, tuple[Content, Content]] = {}
    patience = Patience()
    names = {question["id"]: f"«{question['text'].get('nb') or question['id']}»" for question in questions(content)}
    for page in content["pages"]:
        yield from _condition(page, None, earlier, names, patience)
        # A page that nobody gets is reported once, not for each question on it.
        around = page if is_reachable(page, None, earlier, patience) else None
        for question in page["questions"]:
            yield from _condition(question, around, earlier, names, patience)
            earlier[question["id"]] = (question, page)


def _condition(
    part: Part,
    page: Part | None,
    earlier: Mapping[str, tuple[Content, Content]],
    names: Mapping[str, str],
    patience: Patience,
) -> Iterator[Finding]:
    for condition in named_in(part.get("show_if") or {}):
        source = condition["question"].split(".")[0]
        if source not in names:
            yield Finding("Vilkåret viser til et spørsmål som er slettet.", part["id"])
        elif source not in earlier:
            yield Finding(f"Vilkåret viser til {names[source]}, som ikke blir spurt om før dette.", part["id"])
        elif condition.get("any_of") == []:
            yield Finding("Vilkåret nevner ingen svar.", part["id"])
    if part.get("show_if") and not is_reachable(part, page, earlier, patience):
        yield Finding("Vilkåret kan aldri bli oppfylt: ingen svar fører hit.", part["id"])


def _length(content: Part) -> Iterator[Finding]:
    needed = minutes_needed(content)
    if needed > content["minutes"]:
        promised = f"{content['minutes']} minutt" + ("er" if content["minutes"] != 1 else "")
        yield Finding(f"Skjemaet lover {promised}, men tar omtrent {needed}. Ta bort noe, eller lov mer tid.")


def _reading(content: Part) -> Iterator[Finding]:
    whole = [(content["introduction"].get("nb", ""), "")]
    whole += [(" ".join(_texts_of(question, ("text", "help"))), question["id"]) for question in questions(content)]
    for text, part in whole:
        if len(text.split()) >= _FEWEST_WORDS and (score := lix(text)) > _HIGHEST_LIX:
            yield Finding(f"Teksten er tung å lese (LIX {score:.0f}). Skriv kortere setninger.", part, stops=False)


def special_words(content: Mapping[str, object]) -> dict[str, str]:
    """The word that says that a question asks for special categories of personal data, by question."""
    words_of: dict[str, str] = {}
    for question in questions(content):
        words = (match for text in _texts_of(question) if (match := _SPECIAL.search(text)))
        if (first := next(words, None)) is not None:
            words_of[question["id"]] = first[0]
    return words_of


def _special(content: Mapping[str, object]) -> Iterator[Finding]:
    for question, word in special_words(content).items():
        yield Finding(
            f"«{word}» kan gjelde særlige kategorier av personopplysninger. Spør bare hvis dere må, og si hvorfor i"
            " innledningen. De under 18 år blir ikke spurt, og den første siden sier det.",
            question,
            stops=False,
        )


def _changed_words(content: Part, bank: Mapping[str, Part]) -> Iterator[Finding]:
    for question in questions(content):
        before = bank.get(identity_of(content["id"], question))
        if before is not None and not is_continued(before, question):
            yield Finding(
                f"«{question['text'].get('nb', question['id'])}» har andre ord enn sist. Da viser resultatet ingen"
                " utvikling. Er meningen den samme, kan du si det på spørsmålet.",
                question["id"],
                stops=False,
            )


def _texts_of(part: Part, only: tuple[str, ...] = ()) -> list[str]:
    parts = [part[name] for name in only if name in part] if only else list(text_parts(part))
    return [texts["nb"] for texts in parts if texts.get("nb")]
