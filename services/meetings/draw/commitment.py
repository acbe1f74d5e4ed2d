"""What is promised before a draw, and what is told after it; `services.meetings.verify` has the arithmetic.

A promise is public. What would point at people (types, panels by type) stands in its full part, which the promise
seals.
"""

import hashlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from services.meetings.draw.model import Lottery, Pool, Quota, Type
from services.meetings.draw.public import SMALLEST, joined
from services.meetings.verify import (
    METHOD,
    Document,
    digest,
    drawn_leaves,
    everybody,
    groups_of,
    leaf,
    levels,
    panel_of,
    person,
    program,
    tallies,
    ticket,
)

Way = list[list[str]]
"""From a leaf to the root: each step is the side the sister stands on (left, right), and the sister."""


@dataclass(frozen=True)
class Entry:
    """One in the pool: the fingerprint of salt and id, and a value per feature."""

    person: str
    type: Type

    @classmethod
    def of(cls, salt: str, who: str, kind: Type) -> "Entry":
        """``salt``: 128 random bits or more (hex)."""
        return cls(person(salt, who), kind)

    def document(self) -> Document:
        """As the auditor's file has it."""
        return {"person": self.person, "type": list(self.type)}

    @property
    def leaf(self) -> str:
        """The entry's leaf in the tree."""
        return leaf(self.document())


@dataclass(frozen=True)
class Terms:
    """What is promised beside the pool and its lottery.

    ``randomness``: {"kind": "dice"}, {"kind": "lottery", "of": what is drawn, "numbers": how many of it}, {"kind":
    "drand", "round": number} or {"kind": "seed", "sealed": SHA-256 of the secret told after the draw}. ``code`` is the
    program's version, ``names`` words for features and "feature=value", ``about`` anything else that must not change.
    """

    quotas: Sequence[Quota]
    randomness: Mapping[str, object]
    code: str
    salt: str
    """Hides the full part from guessing."""
    names: Mapping[str, str]
    about: Mapping[str, object]


@dataclass(frozen=True)
class Commitment:
    """The public ``promise`` and the ``full`` part it seals."""

    promise: Document
    full: Document

    @property
    def digest(self) -> str:
        """What is published in one line."""
        return digest(self.promise)


def committed(
    entries: Iterable[Entry], features: Sequence[str], lottery: Lottery, terms: Terms
) -> Commitment:  # fmt: skip
    """The commitment, before the draw."""
    listed = list(entries)
    full: Document = {"salt": terms.salt} | by_type(Pool.of(features, (entry.type for entry in listed)), lottery)
    groups = groups_of(full, _groups(full, terms.quotas))
    held = [
        [(full["types"][kind]["type"], number) for kind, number in panel["seats"]] for panel in full["panels"]
    ]  # fmt: skip
    promise = {
        "method": METHOD, "code": terms.code, "verifier": hashlib.sha256(program()).hexdigest(),
        "about": dict(terms.about),
        "names": dict(terms.names), "root": levels(entry.leaf for entry in listed)[-1][0], "full": digest(full),
        "seats": sum(lottery.panels[0].seats.values()),
        "quotas": [{"feature": q.feature, "value": q.value, "min": q.least, "max": q.most} for q in terms.quotas],
        "groups": groups, "all": everybody(full) if groups else None, "tickets": lottery.tickets,
        "panels": [
            {"tickets": panel.tickets, "tallies": tallies(groups, list(features), each)}
            for panel, each in zip(lottery.panels, held, strict=True)
        ],
        "certificate": _exact(lottery.certificate), "rounding": _exact(lottery.rounding),
        "randomness": dict(terms.randomness),
    }  # fmt: skip
    return Commitment(promise, full)


def by_type(pool: Pool, lottery: Lottery) -> Document:
    """The pool's types with their chances, and the lottery's panels over them."""
    types = sorted(pool.counts)
    number = {kind: place for place, kind in enumerate(types)}
    return {
        "features": list(pool.features),
        "types": [
            {"type": list(kind), "pool": pool.counts[kind], "best": _exact(lottery.best[kind]),
             "probability": _exact(lottery.probabilities[kind])}
            for kind in types
        ],
        "panels": [
            {"tickets": panel.tickets, "seats": [[number[kind], panel.seats[kind]] for kind in sorted(panel.seats)]}
            for panel in lottery.panels
        ],
    }  # fmt: skip


def chances_of(full: Document, entries: Iterable[Entry]) -> dict[str, float]:
    """By leaf, the share of tickets that seat the person: exact, where a type's probability is its people's average."""
    total = sum(panel["tickets"] for panel in full["panels"])
    used: Counter[int] = Counter()
    for panel in full["panels"]:
        for kind, number in panel["seats"]:
            used[kind] += panel["tickets"] * number
    lines: dict[Type, list[str]] = {}
    for entry in entries:
        lines.setdefault(entry.type, []).append(entry.leaf)
    told = {}
    for kind, line in enumerate(full["types"]):
        rounds, more = divmod(used[kind], line["pool"])
        for place, each in enumerate(sorted(lines[tuple(line["type"])])):
            told[each] = (rounds + (place < more)) / total
    return told


@cache
def own_code() -> str:
    """SHA-256 (hex) of the program that finds panels and their tickets."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _groups(full: Document, quotas: Sequence[Quota]) -> list[Document]:
    """The values of each feature, those of few in the pool together; none where the whole pool is that few."""
    if sum(line["pool"] for line in full["types"]) < SMALLEST:
        return []
    groups: list[Document] = []
    for at, feature in enumerate(full["features"]):
        mine = {quota.value: quota for quota in quotas if quota.feature == feature}
        values = list(dict.fromkeys([*mine, *sorted({line["type"][at] for line in full["types"]})]))
        heads = [sum(line["pool"] for line in full["types"] if line["type"][at] == value) for value in values]
        for places in joined(heads):
            together = [values[place] for place in places]
            limits = [mine.get(value) for value in together]
            most = sum(quota.most for quota in limits if quota)
            groups.append(
                {"feature": feature, "values": together, "min": sum(quota.least for quota in limits if quota),
                 "max": most if all(limits) else None}
            )  # fmt: skip
    return groups


def _exact(figure: float) -> float:
    """To twelve decimals and never -0, so that it is the same text everywhere."""
    return round(float(figure), 12) + 0.0


def public_file(
    promise: Document, randomness: Mapping[str, str] | None = None, chosen: int | None = None
) -> Document:  # fmt: skip
    """What everybody may see: no types, only tallies per group.

    ``outcome`` is added when the public ``randomness`` ({"kind", "value"}, a seed's "secret") is known; ``chosen`` is
    the ticket that was drawn by it, if it was noted. Raises `verify.Refused` for randomness that was not promised.
    """
    told: Document = {"promise": promise, "digest": digest(promise)}
    if randomness is not None:
        chosen = ticket(promise, dict(randomness)) if chosen is None else chosen
        place, _ = panel_of(promise["panels"], chosen)
        told["outcome"] = {
            "randomness": dict(randomness), "ticket": chosen, "tallies": promise["panels"][place]["tallies"],
        }  # fmt: skip
    return told


def auditors_file(
    commitment: Commitment,
    entries: Iterable[Entry],
    randomness: Mapping[str, str] | None = None,
    chosen: int | None = None,
) -> Document:
    """Everything but who people are, for a named auditor; ``outcome.drawn`` are leaves. Raises `verify.Refused`."""
    told = public_file(commitment.promise, randomness, chosen)
    told |= {"full": commitment.full, "entries": [entry.document() for entry in entries]}
    if "outcome" in told:
        told["outcome"]["drawn"] = drawn_leaves(commitment.full, told["entries"], told["outcome"]["ticket"])
    return told


def paths(leaves: Iterable[str]) -> dict[str, Way]:
    """By leaf, the way from it to the root."""
    rows = levels(leaves)
    told = {}
    for start in rows[0]:
        at, path = bisect_left(rows[0], start), list[list[str]]()
        for row in rows[:-1]:
            sister = at ^ 1
            if sister < len(row):
                path.append(["left" if sister < at else "right", row[sister]])
            at //= 2
        told[start] = path
    return told
