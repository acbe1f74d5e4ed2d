"""XLSForm's kinds of questions as ours."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.surveys.editing.domain import Content
from services.surveys.exchange.ages import AGES
from services.surveys.exchange.asked import SEVERAL, AskedHere, Place
from services.surveys.exchange.cells import limits
from services.surveys.exchange.conditions import ALWAYS, all_of
from services.surveys.exchange.expressions import NotUnderstood
from services.surveys.exchange.listing import FEWER, Lists, Part
from services.surveys.exchange.repeating import ADD_ONE, ONE_MORE, YES

Row = Mapping[str, str]
_DEVICE = (
    "start", "end", "today", "deviceid", "subscriberid", "simserial", "phonenumber", "username", "email", "audit",
    "start-geopoint", "background-audio", "device id", "imei", "phone number", "phone",
)  # fmt: skip
_NOT_HERE = "og det finnes ikke her"
_REASONS = {
    **dict.fromkeys(_DEVICE, "samler opplysninger om enheten eller personen, og det gjør panelet ikke"),
    **dict.fromkeys(("geopoint", "geotrace", "geoshape", "location", "gps"), f"spør om sted på kart, {_NOT_HERE}"),
    **dict.fromkeys(("image", "photo", "audio", "video", "file", "barcode", "osm"), f"ber om en fil, {_NOT_HERE}"),
    **dict.fromkeys(("calculate", "hidden", "xml-external", "csv-external"), f"regner ut noe skjult, {_NOT_HERE}"),
}
_CHOICES = {"select_one": "one_choice", "select_multiple": "several_choices", "rank": "ranking"}
YES_NO = [
    {"code": "ja", "text": {"nb": "Ja", "nn": "Ja", "en": "Yes"}},
    {"code": "nei", "text": {"nb": "Nei", "nn": "Nei", "en": "No"}},
]
#: How the programs that write these files store a confirmation.
_CONFIRMED = "OK"
_LONG = re.compile(r"multiline", re.IGNORECASE)


def reason_against(kind: str) -> str:
    """Why a row of this type has no like here, empty where it may have one."""
    return _REASONS.get(kind.lower()) or _REASONS.get(_parted(kind)[0], "")


@dataclass(frozen=True)
class Kinds:
    """Makes questions of rows; ``remark`` takes what staff must know of one."""

    lists: Lists
    asked: AskedHere
    new_id: Callable[[str], str]
    remark: Callable[[str], None]

    def questions(self, kind: str, row: Row, question: Content) -> tuple[list[Content], list[Place]]:
        """The question as one or more of ours, and what its name stands for; raises NotUnderstood."""
        word, rest = _parted(kind)
        name, codes, no_added = row.get("name") or "", None, False
        match word:
            case "select_one" | "select_multiple" | "rank":
                question["type"] = _CHOICES[word]
                if row.get("choice_filter"):
                    parts = self.lists.parts(rest, row["choice_filter"], self.asked)
                    if parts[0].condition != ALWAYS:
                        return self._in_parts(parts, row, question)
                    question["options"], codes = parts[0].options, parts[0].codes
                else:
                    question["options"], codes = self.lists.whole(rest)
                if no_added := len(question["options"]) < 2:
                    question |= {"type": "one_choice", "options": [*question["options"], YES_NO[1]]}
                    self.remark(f"«{name}» har bare ett svar. «Nei» er lagt til.")
                if word == "rank":
                    question["most"] = max(2, min(3, len(question["options"])))
            case "integer" | "int" | "decimal" | "range":
                low, high = limits(row)
                question |= {"type": "number", "min": int(low), "max": int(high)}
                if word == "decimal":
                    question["decimals"] = 2
            case "text" | "string":
                question["type"] = "long_text" if _LONG.search(row.get("appearance") or "") else "short_text"
            case "date":
                question["type"] = "date"
            case "note":
                question |= {"type": "information", "required": False}
            case "time" | "datetime":
                question["type"] = "short_text"
                self.remark(f"«{name}» spør om klokkeslett. Det er blitt et kort tekstsvar.")
            case "acknowledge" | "trigger":
                question |= {"type": "one_choice", "options": YES_NO}
                codes, no_added = {_CONFIRMED: "ja"}, True
                self.remark(f"«{name}» ber om en bekreftelse. Det er blitt et spørsmål med ja og nei.")
            case _ if kind == ONE_MORE:
                question |= {"type": "one_choice", "text": ADD_ONE, "options": YES_NO}
                codes = {YES: YES}
            case _ if kind in AGES:
                texts, high = AGES[kind]
                text = {lang: words.format(question["text"]["nb"]) for lang, words in texts.items()}
                question |= {"type": "number", "text": text, "min": 0, "max": high}
            case _:
                raise NotUnderstood(f"er av typen «{word}», som ikke finnes her")
        question["id"] = self.new_id(name)
        is_figure, several = question["type"] == "number", question["type"] in SEVERAL
        return [question], [Place(question["id"], codes, is_figure=is_figure, several=several, no_added=no_added)]

    def _in_parts(self, parts: list[Part], row: Row, question: Content) -> tuple[list[Content], list[Place]]:
        """A choice whose answers depend on an earlier one: a question for each of those, with its own answers."""
        new: list[Content] = []
        places: list[Place] = []
        for part in parts:
            if len(part.options) < 2:
                # Nothing to choose: the earlier answer says it.
                places.append(Place(None, part.codes, part.condition))
                continue
            own = {**question, "id": self.new_id(row.get("name") or ""), "options": part.options}
            condition = all_of([question.get("show_if", ALWAYS), part.condition])
            new.append(own | ({} if condition == ALWAYS else {"show_if": condition}))
            places.append(Place(own["id"], part.codes, part.condition, several=own["type"] in SEVERAL))
        if not new:
            raise NotUnderstood(FEWER)
        if len(new) > 1:
            self.remark(
                f"«{row.get('name')}» har svar som kommer an på hva som er svart før."
                f" Det er blitt {len(new)} spørsmål, og hver får ett av dem."
            )
        return new, places


def _parted(kind: str) -> tuple[str, str]:
    """The kind's word in small letters, and what follows it; ``select one from X`` as ``select_one X``."""
    word, _, rest = kind.partition(" ")
    word = word.lower()
    if word == "select" and rest.lower().startswith(("one", "multiple", "all that apply")):
        head, _, rest = rest.partition(" ")
        word = "select_one" if head.lower() == "one" else "select_multiple"
        rest = re.sub(r"^(that apply )?(from )?", "", rest)
    return word, rest
