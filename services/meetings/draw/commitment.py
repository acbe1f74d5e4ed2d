"""What is promised before a draw, and what is told after it; `services.meetings.verify` has the arithmetic."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.meetings.draw.model import Lottery, Pool, Quota, Type
from services.meetings.draw.public import SMALLEST
from services.meetings.verify import METHOD, digest, drawn_leaves, leaf, levels, own_version, seats, ticket

Document = dict[str, Any]
"""A JSON object."""


@dataclass(frozen=True)
class Entry:
    """One in the pool: 128 random bits of salt or more (hex), id as text, and a value per feature."""

    salt: str
    id: str
    type: Type

    def document(self) -> Document:
        """As the auditor's file has it."""
        return {"salt": self.salt, "id": self.id, "type": list(self.type)}


def committed(
    entries: Iterable[Entry], features: Iterable[str], quotas: Iterable[Quota], lottery: Lottery,
    randomness: Mapping[str, Any], code: str,
) -> Document:  # fmt: skip
    """The commitment. ``code`` is the program's version.

    ``randomness``: {"kind": "dice" | "seed"} or {"kind": "drand", "round": number}.
    """
    listed = list(entries)
    pool = Pool.of(features, (entry.type for entry in listed))
    types = sorted(pool.counts)
    number = {one: place for place, one in enumerate(types)}
    return {
        "method": METHOD, "code": code, "verifier": own_version(),
        "root": levels([leaf(entry.document()) for entry in listed])[-1][0],
        "seats": sum(lottery.panels[0].seats.values()),
        "features": list(pool.features),
        "quotas": [{"feature": q.feature, "value": q.value, "min": q.least, "max": q.most} for q in quotas],
        "types": [
            {"type": list(one), "pool": pool.counts[one], "best": lottery.best[one],
             "probability": lottery.probabilities[one]}
            for one in types
        ],
        "tickets": lottery.tickets,
        "panels": [
            {"tickets": panel.tickets, "seats": [[number[one], panel.seats[one]] for one in sorted(panel.seats)]}
            for panel in lottery.panels
        ],
        "certificate": lottery.certificate, "rounding": lottery.rounding, "randomness": dict(randomness),
    }  # fmt: skip


def auditors_file(
    commitment: Document, entries: Iterable[Entry], randomness: Mapping[str, str] | None = None
) -> Document:
    """Everything, for a named auditor; with the outcome when the public ``randomness`` ({"kind", "value"}) is known.

    ``outcome.drawn`` are leaves; `drawn_ids` has the people. Raises `verify.Refused` for randomness not promised.
    """
    listed = [entry.document() for entry in entries]
    told: Document = {"commitment": commitment, "digest": digest(commitment), "entries": listed}
    if randomness is not None:
        chosen = ticket({**commitment, "digest": told["digest"]}, dict(randomness))
        told["outcome"] = {
            "randomness": dict(randomness), "ticket": chosen, "drawn": drawn_leaves(commitment, listed, chosen),
        }  # fmt: skip
    return told


def public_file(commitment: Document, randomness: Mapping[str, str] | None = None) -> Document:
    """What everybody may see: no types, only tallies per quota, those of few people joined.

    ``outcome`` is added when the public ``randomness`` is known. Raises `verify.Refused` for randomness not promised.
    """
    kept = ("method", "code", "verifier", "root", "seats", "tickets", "certificate", "rounding", "randomness", "quotas")
    told: Document = {name: commitment[name] for name in kept} | {"digest": digest(commitment)}
    types = commitment["types"]
    places = [commitment["features"].index(quota["feature"]) for quota in commitment["quotas"]]

    def tallies(held: Iterable[tuple[int, int]]) -> list[int]:
        counted = [0] * len(places)
        for one, number in held:
            for row, (at, quota) in enumerate(zip(places, commitment["quotas"], strict=True)):
                counted[row] += number * (types[one]["type"][at] == quota["value"])
        return counted

    told["panels"] = [
        {"tickets": panel["tickets"], "tallies": tallies(panel["seats"])} for panel in commitment["panels"]
    ]  # fmt: skip
    told["pool"] = _joined(commitment, tallies((one, line["pool"]) for one, line in enumerate(types)))
    if randomness is not None:
        chosen = ticket(told, dict(randomness))
        held = tallies((one, number) for one, _, number in seats(commitment, chosen))
        told["outcome"] = {"randomness": dict(randomness), "ticket": chosen, "tallies": held}
    return told


def _joined(commitment: Document, heads: list[int]) -> list[Document]:
    """People in the pool per value, values of fewer than `SMALLEST` together; still fewer together are not told."""
    told: list[Document] = []
    for feature in commitment["features"]:
        lines = [(q["value"], n) for q, n in zip(commitment["quotas"], heads, strict=True) if q["feature"] == feature]
        told += [{"feature": feature, "values": [value], "pool": n} for value, n in lines if n >= SMALLEST]
        few = [(value, n) for value, n in lines if n < SMALLEST]
        together = sum(n for _, n in few)
        if few:
            shown = together if len(few) > 1 and together >= SMALLEST else None
            told.append({"feature": feature, "values": [value for value, _ in few], "pool": shown})
    return told


def drawn_ids(commitment: Document, entries: Iterable[Entry], chosen: int) -> tuple[str, ...]:
    """Ids of those a ticket seats."""
    by_leaf = {leaf(document): document for document in (entry.document() for entry in entries)}
    drawn = drawn_leaves(commitment, list(by_leaf.values()), chosen)
    return tuple(sorted(str(by_leaf[each]["id"]) for each in drawn))


def proofs(entries: Iterable[Entry]) -> dict[str, Document]:
    """Each member's own proof of having been in the pool, by id."""
    by_leaf = {leaf(entry.document()): entry for entry in entries}
    rows = levels(list(by_leaf))
    told = {}
    for start, entry in by_leaf.items():
        at, path = bisect_left(rows[0], start), []
        for row in rows[:-1]:
            sister = at ^ 1
            if sister < len(row):
                path.append(["left" if sister < at else "right", row[sister]])
            at //= 2
        told[entry.id] = {"entry": entry.document(), "proof": path, "root": rows[-1][0]}
    return told
