"""``python -m services.meetings.verify FILE``: checks a draw's file with nothing but Python's standard library.

Three kinds of file, each as far as it goes: the public file (tallies), the auditor's file (the list's types too) and a
member's proof. Compare the fingerprint it prints with the one published before the draw. docs/draw.md explains them.
"""

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

#: Written into every promise; changes with the method, never without.
METHOD = "leximin-tickets-2"
#: What a stated probability may differ from the counted one by arithmetic.
_EXACT = 1e-9

#: A JSON object.
Document = dict[str, Any]


class Refused(Exception):
    """What is wrong with the file, in Bokmål."""


def person(salt: str, who: str) -> str:
    """SHA-256 (hex) of one in the pool: without the salt nobody can guess who it is."""
    return _sha256(b"\x02" + _canonical([salt, who]))


def leaf(entry: Document) -> str:
    """SHA-256 (hex) of a person's fingerprint and type."""
    return _sha256(b"\x00" + _canonical([entry["person"], entry["type"]]))


def node(left: str, right: str) -> str:
    """SHA-256 (hex) of two nodes of the tree; the first byte keeps nodes and leaves apart (RFC 6962)."""
    return _sha256(b"\x01" + bytes.fromhex(left) + bytes.fromhex(right))


def levels(leaves: Iterable[str]) -> list[list[str]]:
    """The tree from sorted leaves to root; a last odd node moves up as it is."""
    rows = [sorted(leaves)]
    while len(rows[-1]) > 1:
        pairs = (rows[-1][at : at + 2] for at in range(0, len(rows[-1]), 2))
        rows.append([node(*pair) if len(pair) == 2 else pair[0] for pair in pairs])
    return rows


def digest(document: Document) -> str:
    """SHA-256 (hex) of a promise: the one line that can be printed in a newspaper."""
    return _sha256(_canonical(document))


def ticket(promise: Document, randomness: Document) -> int:
    """The ticket drawn: dice are the number itself, anything else is hashed with the promise's digest.

    ``randomness`` has ``kind``, ``value`` (text) and for a seed the ``secret`` that the promise has sealed.
    """
    announced, value = promise["randomness"], randomness["value"]
    if randomness["kind"] != announced["kind"]:
        raise Refused("Tilfeldigheten er av et annet slag enn det som ble kunngjort.")
    if announced["kind"] == "dice":
        digits = len(str(promise["tickets"] - 1))
        if len(value) != digits or not (value.isascii() and value.isdigit()):
            raise Refused(f"Terningene må gi {digits} sifre.")
        return int(value)
    if announced["kind"] == "lottery":
        parts = value.split(" ")
        if len(parts) != announced["numbers"] or parts != [str(number) for number in sorted(map(int, parts))]:
            raise Refused(f"Det skal være {announced['numbers']} tall med ett mellomrom mellom seg, det minste først.")
    elif announced["kind"] == "drand":
        if len(value) != 64 or not set(value) <= set("0123456789abcdef"):
            raise Refused("Det drand gir, er 64 tegn: sifre og bokstavene a til f.")
    elif _sha256(randomness["secret"].encode()) != announced["sealed"]:
        raise Refused("Den hemmelige delen er en annen enn den som ble låst før trekningen.")
    elif not value or value != " ".join(value.split()):
        raise Refused("Ordene skal stå med ett mellomrom mellom seg.")
    hashed = _sha256(_canonical([digest(promise), value, randomness.get("secret", "")]))
    return int(hashed, 16) % int(promise["tickets"])


def panel_of(panels: list[Document], drawn: int) -> tuple[int, int]:
    """The place of the panel a ticket belongs to, and the ticket's place among the panel's own."""
    for place, panel in enumerate(panels):
        if drawn < panel["tickets"]:
            return place, drawn
        drawn -= panel["tickets"]
    raise Refused("Loddet finnes ikke.")


def seats(full: Document, drawn: int) -> Iterator[tuple[int, int, int]]:
    """(type, first place, seats) of a ticket: types by number, places in the type's line of leaves, which is a ring.

    Each ticket takes the next places, so over all of them everybody of a type is seated equally often, but for one.
    """
    panels, used = full["panels"], Counter[int]()
    place, left = panel_of(panels, drawn)
    for at in range(place + 1):
        for one, number in panels[at]["seats"]:
            used[one] += number * (left if at == place else panels[at]["tickets"])
    for one, number in panels[place]["seats"]:
        yield one, used[one] % full["types"][one]["pool"], number


def drawn_leaves(full: Document, entries: Iterable[Document], drawn: int) -> list[str]:
    """Leaves of those a ticket seats."""
    lines: dict[bytes, list[str]] = {}
    for entry in entries:
        lines.setdefault(_canonical(entry["type"]), []).append(leaf(entry))
    found = []
    for one, first, number in seats(full, drawn):
        line = sorted(lines[_canonical(full["types"][one]["type"])])
        found += [line[(first + place) % len(line)] for place in range(number)]
    return sorted(found)


def tallies(groups: list[Document], features: list[str], held: Iterable[tuple[list[str], int]]) -> list[int]:
    """How many of ``held`` (type, number) each group has."""
    counted = [0] * len(groups)
    for one, number in held:
        for row, group in enumerate(groups):
            counted[row] += number * (one[features.index(group["feature"])] in group["values"])
    return counted


def groups_of(full: Document, groups: list[Document]) -> list[Document]:
    """The groups with their pool, and the lowest and highest chance and what rounding moves, of the types in them."""
    told = []
    for group in groups:
        at = full["features"].index(group["feature"])
        mine = [line for line in full["types"] if line["type"][at] in group["values"]]
        chances = [line["probability"] for line in mine] or [0.0]
        moved = round(max((abs(line["probability"] - line["best"]) for line in mine), default=0.0), 12)
        counted = {"pool": sum(line["pool"] for line in mine), "lowest": min(chances), "highest": max(chances)}
        told.append({**group, **counted, "rounding": moved})
    return told


def everybody(full: Document) -> Document:
    """All in the pool: how many, how many of them no panel takes, and of the others the lowest chance and its bound."""
    able = [line for line in full["types"] if line["probability"]]
    heads = sum(line["pool"] for line in full["types"])
    lowest, bound = (min((line[name] for line in able), default=0.0) for name in ("probability", "best"))
    return {"pool": heads, "never": heads - sum(line["pool"] for line in able), "lowest": lowest, "bound": bound}


def check_promise(promise: Document) -> list[str]:
    """Method, program, tickets, and quotas kept by every panel as far as groups tell."""
    if promise["method"] != METHOD:
        raise Refused(f"Filen er laget med metoden {promise['method']}, dette programmet kan {METHOD}.")
    if promise["verifier"] != _sha256(program()):
        raise Refused("Filen er laget med en annen versjon av programkoden enn denne.")
    if sum(panel["tickets"] for panel in promise["panels"]) != promise["tickets"]:
        raise Refused("Loddene i listen er ikke så mange som filen sier.")
    quotas = {(quota["feature"], quota["value"]): quota for quota in promise["quotas"]}
    for group in promise["groups"]:
        mine = [quotas.get((group["feature"], value)) for value in group["values"]]
        least, most = (sum(quota[end] for quota in mine if quota) for end in ("min", "max"))
        if (group["min"], group["max"]) != (least, most if all(mine) else None):
            raise Refused(f"Plassene til {_named(promise, group)} er andre enn kvotene gir.")
    for place, panel in enumerate(promise["panels"], 1):
        if panel["tickets"] < 1:
            raise Refused(f"Sammensetning {place} har feil antall lodd.")
        _check_held(promise, promise["groups"], panel["tallies"], place)
        sums = Counter[str]()
        for group, number in zip(promise["groups"], panel["tallies"], strict=True):
            sums[group["feature"]] += number
        if set(sums.values()) - {promise["seats"]}:
            raise Refused(f"Sammensetning {place} har feil antall plasser.")
    return [f"Alle {len(promise['panels'])} sammensetninger holder kvotene."]


def _check_held(promise: Document, groups: list[Document], held: list[int], place: int) -> None:
    for group, number in zip(groups, held, strict=True):
        if number < group["min"] or (group["max"] is not None and number > group["max"]):
            raise Refused(f"Sammensetning {place} bryter kvoten for {_named(promise, group)}.")


def _named(promise: Document, group: Document) -> str:
    """``kjønn «kvinner»``: codes in the words the promise has for them."""
    feature, words = group["feature"], promise["names"]
    values = ", ".join(words.get(f"{feature}={value}", value) for value in group["values"])
    return f"{words.get(feature, feature)} «{values}»"


def check_full(promise: Document, full: Document) -> list[str]:
    """The auditor's part is the one that was sealed; every single quota is kept, every stated chance is counted."""
    if digest(full) != promise["full"]:
        raise Refused("Typene og sammensetningene er andre enn de som ble låst før trekningen.")
    types, features = full["types"], full["features"]
    if [panel["tickets"] for panel in full["panels"]] != [panel["tickets"] for panel in promise["panels"]]:
        raise Refused("Loddene er fordelt på en annen måte enn kunngjort.")
    single = [{**quota, "values": [quota["value"]]} for quota in promise["quotas"]]
    counted = Counter[int]()
    for place, panel in enumerate(full["panels"], 1):
        chosen = dict(map(tuple, panel["seats"]))
        if len(chosen) != len(panel["seats"]) or sum(chosen.values()) != promise["seats"]:
            raise Refused(f"Sammensetning {place} har feil antall plasser.")
        for one, number in chosen.items():
            if not 0 < number <= types[one]["pool"]:
                raise Refused(f"Sammensetning {place} har flere av en type enn det er å trekke blant.")
            counted[one] += number * panel["tickets"]
        held = [(types[one]["type"], number) for one, number in chosen.items()]
        _check_held(promise, single, tallies(single, features, held), place)
        if tallies(promise["groups"], features, held) != promise["panels"][place - 1]["tallies"]:
            raise Refused(f"Sammensetning {place} er en annen enn kunngjort.")
    for one, line in enumerate(types):
        if abs(counted[one] / (line["pool"] * promise["tickets"]) - line["probability"]) > _EXACT:
            raise Refused(f"Sjansen for type {one + 1} er en annen enn loddene gir.")
        if abs(line["probability"] - line["best"]) > promise["rounding"] + _EXACT:
            raise Refused("Avrundingen flytter sjansene mer enn filen sier.")
    if groups_of(full, promise["groups"]) != promise["groups"] or promise["all"] not in (None, everybody(full)):
        raise Refused("Antallet eller sjansene i gruppene er andre enn kunngjort.")
    return ["Hver enkelt kvote er holdt, og hver sjanse er den loddene gir."]


def check_entries(promise: Document, full: Document, entries: list[Document]) -> list[str]:
    """The auditor's list is the pool that was promised: nobody added, removed or changed."""
    if levels(map(leaf, entries))[-1] != [promise["root"]]:
        raise Refused("Listen over deltakere er en annen enn den som ble låst før trekningen.")
    heads = Counter(_canonical(entry["type"]) for entry in entries)
    if heads != Counter({_canonical(line["type"]): line["pool"] for line in full["types"]}):
        raise Refused("Antallet av hver type stemmer ikke med listen.")
    return [f"Alle {len(entries)} i listen er de som ble låst før trekningen."]


def check_outcome(document: Document) -> list[str]:
    """Randomness leads to the ticket, the ticket to the tallies and, in the auditor's file, to the people."""
    promise, outcome = document["promise"], document["outcome"]
    drawn = ticket(promise, outcome["randomness"])
    if drawn != outcome["ticket"]:
        raise Refused("Loddet er et annet enn tilfeldigheten gir.")
    if outcome["tallies"] != promise["panels"][panel_of(promise["panels"], drawn)[0]]["tallies"]:
        raise Refused("De som er trukket, er fordelt på en annen måte enn loddet gir.")
    if "full" in document and drawn_leaves(document["full"], document["entries"], drawn) != sorted(outcome["drawn"]):
        raise Refused("De som er trukket, er ikke de loddet peker ut.")
    unseen = "Ikke sjekket her: at dette ble trukket, og drands signatur. Det vet de som så på, lotteriet eller drand."
    return [f"Tilfeldigheten gir lodd {drawn}, og de som er trukket, er de loddet peker ut.", unseen]


def check(document: Document) -> list[str]:
    """Everything the file allows, in sentences. Raises `Refused` at the first thing that is wrong."""
    if "proof" in document:
        entry = document["entry"]
        start = leaf({"person": person(entry["salt"], entry["id"]), "type": entry["type"]})
        for side, sister in document["proof"]:
            start = node(sister, start) if side == "left" else node(start, sister)
        if start != document["root"]:
            raise Refused("Beviset fører ikke til den låste listen.")
        return ["Personen står i listen som ble låst før trekningen.", f"Listens avtrykk: {document['root']}"]
    promise = document["promise"]
    if document["digest"] != digest(promise):
        raise Refused("Løftet er endret etter at det ble kunngjort.")
    said = check_promise(promise)
    if "full" in document:
        said += [*check_full(promise, document["full"]), *check_entries(promise, document["full"], document["entries"])]
    if "outcome" in document:
        said += check_outcome(document)
    return [*said, f"Fingeravtrykk: {document['digest']}"]


def program() -> bytes:
    """This very file: the code that decides who a ticket seats."""
    return Path(__file__).read_bytes()


def _canonical(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def main(arguments: list[str], say: Callable[[str], object]) -> int:
    """0 when everything holds, 1 when something does not, 2 when the file cannot be read."""
    if len(arguments) != 1:
        say("Bruk: python -m services.meetings.verify FIL")
        return 2
    try:
        said = check(json.loads(Path(arguments[0]).read_text(encoding="utf-8-sig")))
    except Refused as refused:
        say(f"FEIL: {refused}")
        return 1
    except (OSError, UnicodeError, json.JSONDecodeError) as fault:
        say(f"Filen kan ikke leses: {fault}")
        return 2
    except (KeyError, TypeError, IndexError, AttributeError, ValueError) as fault:
        say(f"FEIL: Filen mangler noe eller har noe på feil sted: {fault!r}")
        return 1
    for line in [*said, "Alt som kan sjekkes i denne filen, stemmer."]:
        say(line)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], lambda line: sys.stdout.write(line + "\n")))
