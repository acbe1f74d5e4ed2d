"""A draw's promise: made from what is stored, and checked against it again before anybody is drawn."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from services.meetings.draw.commitment import (
    Commitment,
    Entry,
    Terms,
    Way,
    auditors_file,
    committed,
    own_code,
    paths,
    public_file,
)
from services.meetings.draw.model import Lottery
from services.meetings.seats.lottery import Kind, features_of
from services.meetings.seats.pool import limits_of_rows
from services.meetings.seats.words import FEATURE_NAMES, value_words
from services.meetings.tables import Candidate, Draw, DrawEntry, Invitation, Margins, Meeting
from services.meetings.verify import Document, Refused, check, digest, program, ticket


class OldProgram(Refused):
    """The draw was made ready by another version of the program; nobody has changed anything else."""


def kind_of_candidate(candidate: Candidate | DrawEntry | Invitation) -> Kind:
    """(gender, age band, area) and perhaps the answer to the call's question, as quotas are counted by."""
    kind = (candidate.gender, candidate.band, candidate.area or "")
    return kind if candidate.answer is None else (*kind, candidate.answer)


def entries_of(people: Iterable[Candidate]) -> list[Entry]:
    """The pool as it is committed to; an erased person's entry is its fingerprint and type."""
    return [Entry(candidate.person or "", kind_of_candidate(candidate)) for candidate in people]


def ways_of(people: Sequence[Candidate]) -> dict[int, Way]:
    """By place in the pool, the way from each one's leaf to the root."""
    entries = entries_of(people)
    ways = paths(entry.leaf for entry in entries) if entries else {}
    return {candidate.number: ways[entry.leaf] for candidate, entry in zip(people, entries, strict=True)}


def make_promise(
    draw: Draw, meeting: Meeting, people: Sequence[Candidate], lottery: Lottery, margins: Margins | None
) -> Commitment:
    """What is published before the draw."""
    names = names_of(draw, people, margins)
    quotas = limits_of_rows(draw.limits)
    terms = Terms(quotas, draw.announced or {}, own_code(), draw.salt or "", names, _about(draw, meeting))
    features = features_of(map(kind_of_candidate, people))
    return committed(entries_of(people), features, lottery, terms)


def names_of(draw: Draw, people: Iterable[Candidate], margins: Margins | None) -> dict[str, str]:
    """Words for the features and for "feature=value" of all that has a quota or is in the pool."""
    values = {(quota.feature, quota.value) for quota in limits_of_rows(draw.limits)}
    kinds = [kind_of_candidate(candidate) for candidate in people]
    features = features_of(kinds)
    values |= {pair for kind in kinds for pair in zip(features, kind, strict=True)}
    names = {feature: FEATURE_NAMES[feature].lower() for feature in features}
    return names | {f"{feature}={value}": value_words(feature, value, margins) for feature, value in sorted(values)}


def _about(draw: Draw, meeting: Meeting) -> dict[str, object]:
    """Facts that must not change, beside the pool and the quotas."""
    seed = hashlib.sha256(meeting.seed.encode()).hexdigest()
    return {"draw": str(draw.id), "meeting": str(meeting.id), "seats": meeting.seats, "replacements": seed}


def promise_of(draw: Draw) -> Document:
    """As stored. Raises `Refused` for a draw of a program that stored none."""
    if draw.promise is None:
        raise Refused("Trekningen ble gjort klar av en eldre versjon av programmet.")
    return draw.promise


def commitment_of(draw: Draw) -> Commitment:
    """The promise with its full part. Raises `Refused`, also when the full part is no longer kept."""
    promise = promise_of(draw)
    if draw.full_part is None:
        raise Refused("Hvem som var med i trekningen, er slettet.")
    return Commitment(promise, draw.full_part)


def check_promise(draw: Draw, meeting: Meeting, people: Sequence[Candidate]) -> Commitment:
    """The commitment, when nothing it covers has changed in the database since. Raises `Refused`."""
    commitment = commitment_of(draw)
    check_stored(draw, meeting)
    if commitment.promise["verifier"] != hashlib.sha256(program()).hexdigest():
        raise OldProgram("Programmet er byttet ut etter at trekningen ble gjort klar, og løftet gjelder det gamle.")
    check(auditors_file(commitment, entries_of(people)))
    return commitment


def check_stored(draw: Draw, meeting: Meeting) -> None:
    """The part that needs no look at the pool. Raises `Refused`; seats may be added once the draw is made."""
    promise = promise_of(draw)
    if digest(promise) != draw.digest or promise["root"] != draw.root:
        raise Refused("Løftet er et annet enn det som ble kunngjort.")
    if promise["randomness"] != draw.announced or promise["seats"] != draw.seats:
        raise Refused("Trekningen er endret etter at den ble gjort klar.")
    if _quotas(promise["quotas"], "min", "max") != _quotas(draw.limits, "least", "most"):
        raise Refused("Kvotene er endret etter at trekningen ble gjort klar.")
    if meeting.limits is not None and draw.limits and draw.limits != meeting.limits:
        raise Refused("Kvotene er endret etter at trekningen ble gjort klar.")
    randomness = _randomness(draw)
    if randomness is not None and ticket(promise, randomness) != draw.ticket:
        raise Refused("Det som ble trukket i offentlighet, er endret etterpå.")
    about = _about(draw, meeting)
    for name, what in _CHANGED.items():
        if promise["about"].get(name) != about[name] and not (name == "seats" and draw.state == "drawn"):
            raise Refused(f"{what} er endret etter at trekningen ble gjort klar.")


def changed_since(draw: Draw | None, meeting: Meeting) -> str:
    """What was changed in the database since the promise, in words; empty when nothing was, or nothing was promised."""
    if draw is None or draw.promise is None:
        return ""
    try:
        check_stored(draw, meeting)
        file_of(draw)
    except Refused as refused:
        return str(refused)
    return ""


_CHANGED = {
    "draw": "Trekningen",
    "meeting": "Møtet",
    "seats": "Antallet plasser",
    "replacements": "Frøet for dem som erstatter",
}


def _quotas(rows: Iterable[Mapping[str, object]], least: str, most: str) -> list[tuple[object, ...]]:
    return [(row["feature"], row["value"], row[least], row[most]) for row in rows]


def file_of(draw: Draw, people: Iterable[Candidate] | None = None) -> Document:
    """The public file, or with ``people`` the auditor's, as stored: the verifier sees what was changed since.

    Beside them stands what is known of the draw's end. Raises `Refused` when what is stored names no ticket there is.
    """
    randomness = _randomness(draw)
    file = (
        public_file(promise_of(draw), randomness, draw.ticket) if people is None
        else auditors_file(commitment_of(draw), entries_of(people), randomness, draw.ticket)
    )  # fmt: skip
    ends = {name: at.isoformat() for name in _TIMES if (at := getattr(draw, name)) is not None}
    return {**file, "digest": draw.digest, **ends, **({"reason": draw.reason} if draw.reason else {})}


_TIMES = ("committed_at", "drawn_at", "cancelled_at")


def _randomness(draw: Draw) -> dict[str, str] | None:
    """The public randomness once the draw is made, as files have it."""
    if draw.state != "drawn" or draw.announced is None:
        return None
    secret = {"secret": draw.secret} if draw.announced["kind"] == "seed" and draw.secret else {}
    return {"kind": draw.announced["kind"], "value": draw.randomness or "", **secret}
