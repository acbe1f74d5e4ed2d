"""``python -m services.meetings.verify FILE``: checks a draw's file with nothing but Python's standard library.

Three kinds of file, each as far as it goes: the public file (tallies), the auditor's file (every entry with its type)
and a member's proof. Compare the fingerprint it prints with the one published before the draw.
docs/draw.md explains them.
"""

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

#: Written into every commitment; changes with the method, never without.
METHOD = "leximin-tickets-1"
#: What a stated probability may differ from the counted one by arithmetic.
_EXACT = 1e-9


class Refused(Exception):
    """What is wrong with the file, in Bokmål."""


def leaf(entry: dict[str, Any]) -> str:
    """SHA-256 (hex) of an entry: salt, id and type. Without the salt nobody can guess who is behind it."""
    return _sha256(b"\x00" + _canonical([entry["salt"], entry["id"], entry["type"]]))


def node(left: str, right: str) -> str:
    """SHA-256 (hex) of two nodes of the tree; the first byte keeps nodes and leaves apart (RFC 6962)."""
    return _sha256(b"\x01" + bytes.fromhex(left) + bytes.fromhex(right))


def levels(leaves: list[str]) -> list[list[str]]:
    """The tree from sorted leaves to root; a last odd node moves up as it is."""
    rows = [sorted(leaves)]
    while len(rows[-1]) > 1:
        row = rows[-1]
        rows.append(
            [node(*row[at : at + 2]) if at + 1 < len(row) else row[at] for at in range(0, len(row), 2)]
        )  # fmt: skip
    return rows


def climb(start: str, path: list[list[str]]) -> str:
    """The root that a proof leads to: each step is the side the sister stands on, and the sister."""
    for side, sister in path:
        start = node(sister, start) if side == "left" else node(start, sister)
    return start


def digest(commitment: dict[str, Any]) -> str:
    """SHA-256 (hex) of a commitment: the one line that can be printed in a newspaper."""
    return _sha256(_canonical(commitment))


def ticket(promise: dict[str, Any], randomness: dict[str, str]) -> int:
    """The ticket drawn: dice are the number itself; a seed or a drand round is hashed with the commitment's digest.

    ``promise`` has ``digest``, ``tickets`` and ``randomness`` as announced before the draw.
    """
    value, announced = randomness["value"], promise["randomness"]
    total: int = promise["tickets"]
    if randomness["kind"] != announced["kind"]:
        raise Refused("Tilfeldigheten er av et annet slag enn det som ble kunngjort.")
    if announced["kind"] == "dice":
        digits = len(str(total - 1))
        if not (value.isascii() and value.isdigit() and len(value) == digits and int(value) < total):
            raise Refused(f"Terningene må gi {digits} sifre, under {total}.")
        return int(value)
    if announced["kind"] == "drand" and randomness.get("round") != announced["round"]:
        raise Refused("Runden hos drand er en annen enn den som ble kunngjort.")
    return int(_sha256(_canonical([promise["digest"], value])), 16) % total


def seats(commitment: dict[str, Any], drawn: int) -> Iterator[tuple[int, int, int]]:
    """(type, first place, seats) of a ticket: types by number, places in the type's line of leaves, which is a ring.

    Tickets stand in a row, panel by panel. Each takes the next places in each type's line, so over all tickets
    everybody of a type is seated equally often, give or take one ticket.
    """
    used: Counter[int] = Counter()
    left = drawn
    for panel in commitment["panels"]:
        here = min(left, panel["tickets"])
        for one, number in panel["seats"]:
            used[one] += here * number
        if left < panel["tickets"]:
            for one, number in panel["seats"]:
                yield one, used[one] % commitment["types"][one]["pool"], number
            return
        left -= here
    raise Refused("Loddet finnes ikke.")


def drawn_leaves(commitment: dict[str, Any], entries: list[dict[str, Any]], drawn: int) -> list[str]:
    """Leaves of those a ticket seats."""
    lines: dict[str, list[str]] = {}
    for entry in entries:
        lines.setdefault(_canonical(entry["type"]).decode(), []).append(leaf(entry))
    found = []
    for one, first, number in seats(commitment, drawn):
        line = sorted(lines[_canonical(commitment["types"][one]["type"]).decode()])
        found += [line[(first + place) % len(line)] for place in range(number)]
    return sorted(found)


def check_commitment(commitment: dict[str, Any]) -> list[str]:
    """Method, code, quotas kept by every panel, tickets, stated probabilities."""
    if commitment["method"] != METHOD:
        raise Refused(f"Filen er laget med metoden {commitment['method']}, dette programmet kan {METHOD}.")
    if commitment["verifier"] != own_version():
        raise Refused("Filen er laget med en annen versjon av programkoden enn denne.")
    types, total = commitment["types"], commitment["tickets"]
    if sum(panel["tickets"] for panel in commitment["panels"]) != total:
        raise Refused("Loddene i listen er ikke så mange som filen sier.")
    counted: Counter[int] = Counter()
    for place, panel in enumerate(commitment["panels"], 1):
        chosen = dict(map(tuple, panel["seats"]))
        if panel["tickets"] < 1 or len(chosen) != len(panel["seats"]) or sum(chosen.values()) != commitment["seats"]:
            raise Refused(f"Sammensetning {place} har feil antall plasser eller lodd.")
        for one, number in chosen.items():
            if not 0 < number <= types[one]["pool"]:
                raise Refused(f"Sammensetning {place} har flere av en type enn det er å trekke blant.")
            counted[one] += number * panel["tickets"]
        _keeps_quotas(commitment, chosen, place)
    for one, line in enumerate(types):
        if abs(counted[one] / (line["pool"] * total) - line["probability"]) > _EXACT:
            raise Refused(f"Sjansen for type {one + 1} er en annen enn loddene gir.")
    far = max((abs(line["probability"] - line["best"]) for line in types), default=0.0)
    if far > commitment["rounding"] + _EXACT:
        raise Refused("Avrundingen flytter sjansene mer enn filen sier.")
    return [
        f"Alle {len(commitment['panels'])} sammensetninger holder kvotene.",
        f"Sjansene stemmer med loddene; avrundingen flytter dem høyst {commitment['rounding']:.2g}.",
    ]


def _keeps_quotas(commitment: dict[str, Any], chosen: dict[int, int], place: int) -> None:
    for quota in commitment["quotas"]:
        at = commitment["features"].index(quota["feature"])
        held = sum(number for one, number in chosen.items() if commitment["types"][one]["type"][at] == quota["value"])
        if not quota["min"] <= held <= quota["max"]:
            raise Refused(f"Sammensetning {place} bryter kvoten for {quota['feature']} «{quota['value']}».")


def check_entries(commitment: dict[str, Any], entries: list[dict[str, Any]]) -> list[str]:
    """The auditor's list is the pool that was promised: nobody added, removed or changed."""
    if len({entry["id"] for entry in entries}) != len(entries):
        raise Refused("En person står to ganger i listen.")
    if levels([leaf(entry) for entry in entries])[-1] != [commitment["root"]]:
        raise Refused("Listen over deltakere er en annen enn den som ble låst før trekningen.")
    heads = Counter(_canonical(entry["type"]) for entry in entries)
    if heads != Counter({_canonical(line["type"]): line["pool"] for line in commitment["types"]}):
        raise Refused("Antallet av hver type stemmer ikke med listen.")
    return [f"Alle {len(entries)} i listen er de som ble låst før trekningen."]


def check_outcome(document: dict[str, Any]) -> list[str]:
    """Randomness leads to the ticket, and the ticket to the people."""
    commitment, outcome = document["commitment"], document["outcome"]
    drawn = ticket({**commitment, "digest": digest(commitment)}, outcome["randomness"])
    if drawn != outcome["ticket"]:
        raise Refused("Loddet er et annet enn tilfeldigheten gir.")
    said = [f"Tilfeldigheten gir lodd {drawn}."]
    if "entries" in document:
        if drawn_leaves(commitment, document["entries"], drawn) != sorted(outcome["drawn"]):
            raise Refused("De som er trukket, er ikke de loddet peker ut.")
        said.append("De som er trukket, er de loddet peker ut.")
    elif len(set(outcome["drawn"])) != commitment["seats"]:
        raise Refused("Det er ikke trukket så mange som det er plasser.")
    return said


def check_public(public: dict[str, Any]) -> list[str]:
    """The file for everybody: each panel as its tallies, in the order of the quotas, and what was drawn of them."""
    quotas, total = public["quotas"], sum(panel["tickets"] for panel in public["panels"])
    if total != public["tickets"]:
        raise Refused("Loddene i listen er ikke så mange som filen sier.")
    for place, panel in enumerate(public["panels"], 1):
        for quota, held in zip(quotas, panel["tallies"], strict=True):
            if not quota["min"] <= held <= quota["max"]:
                raise Refused(f"Sammensetning {place} bryter kvoten for {quota['feature']} «{quota['value']}».")
    said = [f"Alle {len(public['panels'])} sammensetninger holder kvotene."]
    if "outcome" in public:
        left = drawn = ticket(public, public["outcome"]["randomness"])
        if drawn != public["outcome"]["ticket"]:
            raise Refused("Loddet er et annet enn tilfeldigheten gir.")
        for panel in public["panels"]:
            if left < panel["tickets"]:
                break
            left -= panel["tickets"]
        if panel["tallies"] != public["outcome"]["tallies"]:
            raise Refused("De som er trukket, er fordelt på en annen måte enn loddet gir.")
        said.append(f"Tilfeldigheten gir lodd {drawn}, og loddet gir fordelingen i filen.")
    return said


def check(document: dict[str, Any]) -> list[str]:
    """Everything the file allows, as sentences in Bokmål. Raises `Refused` at the first thing that is wrong."""
    if "proof" in document:
        if climb(leaf(document["entry"]), document["proof"]) != document["root"]:
            raise Refused("Beviset fører ikke til den låste listen.")
        return ["Personen står i listen som ble låst før trekningen."]
    if "commitment" not in document:
        return [*check_public(document), f"Fingeravtrykk: {document['digest']}"]
    commitment = document["commitment"]
    if document["digest"] != digest(commitment):
        raise Refused("Løftet er endret etter at det ble kunngjort.")
    said = check_commitment(commitment)
    if "entries" in document:
        said += check_entries(commitment, document["entries"])
    if "outcome" in document:
        said += check_outcome(document)
    return [*said, f"Fingeravtrykk: {digest(commitment)}"]


def own_version() -> str:
    """SHA-256 of this very file: the code that decides who a ticket seats."""
    return _sha256(Path(__file__).read_bytes())


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
        document = json.loads(Path(arguments[0]).read_text(encoding="utf-8-sig"))
        said = check(document)
    except Refused as refused:
        say(f"FEIL: {refused}")
        return 1
    except (OSError, ValueError) as fault:
        say(f"Filen kan ikke leses: {fault}")
        return 2
    except (KeyError, TypeError, IndexError, AttributeError) as fault:
        say(f"FEIL: Filen mangler noe eller har noe på feil sted: {fault!r}")
        return 1
    for line in said:
        say(line)
    say("Alt som kan sjekkes i denne filen, stemmer.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], lambda line: sys.stdout.write(line + "\n")))
