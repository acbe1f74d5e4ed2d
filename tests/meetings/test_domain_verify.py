"""What is promised before a draw can be checked after it, and every kind of tampering is noticed."""

import copy
import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.meetings import verify
from services.meetings.draw.commitment import (
    Commitment,
    Entry,
    Terms,
    auditors_file,
    chances_of,
    committed,
    paths,
    public_file,
)
from services.meetings.draw.model import Lottery, Pool, Quota, Type
from services.meetings.draw.solving import solve
from tests.meetings.cheats import (
    SEEN_BY_ALL,
    SEEN_BY_AUDITORS,
    Cheat,
    change_quota,
    change_seats,
    change_tally,
    move_weight,
    other_chance,
    other_code,
    other_group_chance,
    other_lowest_chance,
    other_method,
)

FEATURES = ("kjønn", "område")
QUOTAS = [Quota("kjønn", "kvinne", 2, 3), Quota("kjønn", "mann", 2, 3), Quota("område", "nord", 1, 2)]
SECRET = "0" * 32
SEED = {"kind": "seed", "value": "ti grønne epler", "secret": SECRET}
SEALED = {"kind": "seed", "sealed": hashlib.sha256(SECRET.encode()).hexdigest()}
HEADS: dict[Type, int] = {
    ("kvinne", "nord"): 7,
    ("kvinne", "sør"): 9,
    ("mann", "nord"): 5,
    ("mann", "sør"): 12,
    ("annet", "sør"): 2,
}
PEOPLE = [
    (f"{place:032x}", f"person-{place}", kind)
    for place, kind in enumerate(kind for kind, heads in HEADS.items() for _ in range(heads))
]
ENTRIES = [Entry.of(*person) for person in PEOPLE]


def lottery(tickets: int) -> Lottery:
    return solve(Pool(FEATURES, dict(HEADS)), QUOTAS, 5, tickets=tickets)


def promised(tickets: int, randomness: dict[str, Any]) -> Commitment:
    terms = Terms(QUOTAS, randomness, "1.0", "5a17", {"område": "sted"}, {"meeting": "torget"})
    return committed(ENTRIES, FEATURES, lottery(tickets), terms)


PROMISE = promised(10**9, SEALED)
AUDITORS = auditors_file(PROMISE, ENTRIES, SEED)
PUBLIC = public_file(PROMISE.promise, SEED)


def own_proof(number: int, entries: list[Entry]) -> dict[str, Any]:
    """What the person with this number has."""
    salt, who, kind = PEOPLE[number]
    return {
        "entry": {"salt": salt, "id": who, "type": list(kind)},
        "proof": paths(entry.leaf for entry in entries)[ENTRIES[number].leaf],
        "root": verify.levels(entry.leaf for entry in entries)[-1][0],
    }


def run(document: object, folder: Path) -> tuple[int, str]:
    """The verifier alone: a copy of its one file, a bare Python, no path to our code."""
    (folder / "verify.py").write_bytes(Path(verify.__file__).read_bytes())
    (folder / "draw.json").write_text(json.dumps(document), encoding="utf-8")
    result = subprocess.run(
        [sys.executable, "-I", "-S", "verify.py", "draw.json"],
        cwd=folder, env={**os.environ, "PYTHONIOENCODING": "utf-8"}, capture_output=True, text=True, encoding="utf-8",
    )  # fmt: skip
    return result.returncode, result.stdout + result.stderr


@pytest.mark.parametrize(
    "document",
    [
        auditors_file(PROMISE, ENTRIES), AUDITORS, public_file(PROMISE.promise), PUBLIC, own_proof(7, ENTRIES),
    ],
    ids=["before", "after", "public before", "public after", "member"],
)  # fmt: skip
def test_the_verifier_alone_accepts_every_true_file(document: dict[str, Any], tmp_path: Path) -> None:
    code, output = run(document, tmp_path)
    assert (code, output.splitlines()[-1]) == (0, "Alt som kan sjekkes i denne filen, stemmer.")


CASES = [(PUBLIC, cheat) for cheat in SEEN_BY_ALL] + [(AUDITORS, cheat) for cheat in SEEN_BY_AUDITORS]


@pytest.mark.parametrize(("honest", "cheat"), CASES, ids=lambda case: getattr(case, "__name__", ""))
def test_every_kind_of_tampering_is_refused(honest: dict[str, Any], cheat: Cheat, tmp_path: Path) -> None:
    file = copy.deepcopy(honest)
    cheat(file)
    code, output = run(file, tmp_path)
    assert (code, output[:4]) == (1, "FEIL")


@pytest.mark.parametrize(
    ("honest", "cheat"),
    [
        *((PUBLIC, cheat) for cheat in (change_quota, move_weight, change_seats, other_code, other_method)),
        *((AUDITORS, cheat) for cheat in (change_quota, change_tally, move_weight, other_chance, other_group_chance)),
        (AUDITORS, other_lowest_chance),
    ],
)  # fmt: skip
def test_new_fingerprints_hide_no_change(honest: dict[str, Any], cheat: Cheat) -> None:
    """Whoever compares the fingerprint with the published one sees it anyway; so do the numbers themselves."""
    file = copy.deepcopy(honest)
    cheat(file)
    if "full" in file:
        file["promise"]["full"] = verify.digest(file["full"])
    file["digest"] = verify.digest(file["promise"])
    with pytest.raises(verify.Refused):
        verify.check(file)


def test_the_public_file_points_at_nobody() -> None:
    assert set(PUBLIC) == {"promise", "digest", "outcome"}
    assert not {"types", "entries", "salt"} & set(PUBLIC["promise"])
    assert [(group["values"], group["pool"]) for group in PUBLIC["promise"]["groups"]] == [
        (["kvinne"], 16), (["mann", "annet"], 19), (["nord"], 12), (["sør"], 23),
    ]  # fmt: skip
    assert PUBLIC["promise"]["groups"][1]["max"] is None, "the two others have no quota"
    assert not any(who in json.dumps(AUDITORS) for _, who, _ in PEOPLE)
    assert not any(salt in json.dumps(AUDITORS) for salt, _, _ in PEOPLE if salt != SECRET)


def test_words_name_what_is_broken() -> None:
    file = copy.deepcopy(PUBLIC)
    file["promise"]["panels"][0]["tallies"][2] = 9
    file["digest"] = verify.digest(file["promise"])
    with pytest.raises(verify.Refused, match="Sammensetning 1 bryter kvoten for sted «nord»"):
        verify.check(file)


def test_a_proof_for_another_list_is_refused() -> None:
    with pytest.raises(verify.Refused):
        verify.check({**own_proof(0, ENTRIES), "root": own_proof(1, ENTRIES[1:])["root"]})


@pytest.mark.parametrize("number", [1, 2, 3, 5, 8, 13])
def test_everybody_in_a_list_of_any_length_has_a_proof(number: int) -> None:
    for place in range(number):
        verify.check(own_proof(place, ENTRIES[:number]))


def test_over_all_tickets_people_are_seated_as_often_as_they_are_told() -> None:
    """Three dice: 1,000 outcomes, all of them tried."""
    commitment = promised(1000, {"kind": "dice"})
    documents = [entry.document() for entry in ENTRIES]
    seated = Counter(each for number in range(1000) for each in verify.drawn_leaves(commitment.full, documents, number))
    assert sum(seated.values()) == 5000
    chances = chances_of(commitment.full, ENTRIES)
    assert {each: seated[each] / 1000 for each in chances} == chances
    for kind in HEADS:
        of_type = [seated[entry.leaf] for entry in ENTRIES if entry.type == kind]
        assert max(of_type) - min(of_type) <= 1
    for line in commitment.full["types"]:
        assert abs(line["probability"] - line["best"]) <= commitment.promise["rounding"] <= 0.005


@pytest.mark.parametrize(
    ("announced", "good", "bad"),
    [
        ({"kind": "dice"}, "007", ["7", "1000", "-07", "0x7", "٠٠٧"]),
        ({"kind": "lottery", "of": "x", "numbers": 3}, "3 8 14", ["8 3 14", "3  8 14", "3 8", "03 8 14", "3,8,14", ""]),
        ({"kind": "drand", "round": 1}, "ab" * 32, ["AB" * 32, "ab" * 31, ""]),
        (SEALED, "ti epler", ["ti  epler", " ti epler", ""]),
    ],
)
def test_there_is_one_way_to_write_the_randomness(announced: dict[str, Any], good: str, bad: list[str]) -> None:
    promise = {**PROMISE.promise, "tickets": 1000, "randomness": announced}
    own = {"kind": announced["kind"], "secret": SECRET}
    assert 0 <= verify.ticket(promise, {**own, "value": good}) < 1000
    for value in bad:
        with pytest.raises((verify.Refused, ValueError)):
            verify.ticket(promise, {**own, "value": value})


def test_ten_thousand_draws_match_the_stated_chances() -> None:
    """Chi-square over types: seats drawn against seats promised."""
    draws = 10_000
    places_of: Counter[int] = Counter()
    for number in range(draws):
        ticket = verify.ticket(PROMISE.promise, {**SEED, "value": str(number)})
        for number_, _, places in verify.seats(PROMISE.full, ticket):
            places_of[number_] += places
    promised_ = np.array([line["pool"] * line["best"] * draws for line in PROMISE.full["types"]])
    counts = np.array([places_of[place] for place in range(len(promised_))])
    # 4 degrees of freedom: above 23.5 once in 10,000. The seeds are fixed, so it either always passes or never.
    assert ((counts - promised_) ** 2 / promised_).sum() < 23.5


def test_the_lowest_and_the_highest_chance_are_those_of_the_types() -> None:
    """Program and verifier count them with the same lines, so no comparison of the two shows a fault in them."""
    chances = {"kvinne": (0.4, 0.4), "mann": (0.2, 0.3), "annet": (0.35, 0.35), "ingen": (0.0, 0.0)}
    lines = [{"type": [name], "pool": 3, "probability": own, "best": best} for name, (own, best) in chances.items()]
    full = {"features": ["kjønn"], "types": lines}
    group = {"feature": "kjønn", "values": ["mann", "annet"]}
    assert verify.groups_of(full, [group]) == [group | {"pool": 6, "lowest": 0.2, "highest": 0.35, "rounding": 0.1}]
    assert verify.everybody(full) == {"pool": 12, "never": 3, "lowest": 0.2, "bound": 0.3}
