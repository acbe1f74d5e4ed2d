"""What is promised before a draw can be checked after it, and every kind of tampering is noticed."""

import copy
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.meetings import verify
from services.meetings.draw.commitment import Entry, auditors_file, committed, drawn_ids, proofs, public_file
from services.meetings.draw.model import Lottery, Pool, Quota, Type
from services.meetings.draw.solving import solve

FEATURES = ("kjønn", "område")
QUOTAS = [Quota("kjønn", "kvinne", 2, 3), Quota("kjønn", "mann", 2, 3), Quota("område", "nord", 1, 2)]
SEED = {"kind": "seed", "value": "7 rette: 3 8 14 19 22 30 33"}
HEADS: dict[Type, int] = {
    ("kvinne", "nord"): 7,
    ("kvinne", "sør"): 9,
    ("mann", "nord"): 5,
    ("mann", "sør"): 12,
    ("annet", "sør"): 2,
}
ENTRIES = [
    Entry(f"{place:032x}", f"person-{place}", one)
    for place, one in enumerate(one for one, heads in HEADS.items() for _ in range(heads))
]  # fmt: skip


def lottery(tickets: int) -> Lottery:
    return solve(Pool(FEATURES, dict(HEADS)), QUOTAS, 5, tickets=tickets)


SOLVED = lottery(10**9)
PROMISE = committed(ENTRIES, FEATURES, QUOTAS, SOLVED, {"kind": "seed"}, "1.0")
AUDITORS = auditors_file(PROMISE, ENTRIES, SEED)


def run(document: object, folder: Path) -> tuple[int, str]:
    """The verifier alone: a copy of its one file, a bare Python, no path to our code."""
    (folder / "verify.py").write_bytes(Path(verify.__file__).read_bytes())
    (folder / "draw.json").write_text(json.dumps(document), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", "-S", "verify.py", "draw.json"],
        cwd=folder, env={**os.environ, "PYTHONIOENCODING": "utf-8"}, capture_output=True, text=True, encoding="utf-8",
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    "document",
    [
        auditors_file(PROMISE, ENTRIES), AUDITORS, public_file(PROMISE), public_file(PROMISE, SEED),
        proofs(ENTRIES)["person-7"],
    ],
    ids=["before", "after", "public before", "public after", "member"],
)  # fmt: skip
def test_the_verifier_alone_accepts_every_true_file(document: dict[str, Any], tmp_path: Path) -> None:
    code, said = run(document, tmp_path)
    assert (code, said.splitlines()[-1]) == (0, "Alt som kan sjekkes i denne filen, stemmer.")


def remove_person(file: dict[str, Any]) -> None:
    del file["entries"][3]


def add_person(file: dict[str, Any]) -> None:
    file["entries"].append({"salt": "f" * 32, "id": "venn", "type": ["mann", "sør"]})


def change_person(file: dict[str, Any]) -> None:
    file["entries"][0]["type"] = ["mann", "sør"]


def exchange_person(file: dict[str, Any]) -> None:
    file["entries"][0]["id"] = "venn"


def change_quota(file: dict[str, Any]) -> None:
    file["commitment"]["quotas"][0]["max"] = 4


def move_weight(file: dict[str, Any]) -> None:
    file["commitment"]["panels"][0]["tickets"] += 1
    file["commitment"]["panels"][1]["tickets"] -= 1


def other_seed(file: dict[str, Any]) -> None:
    file["outcome"]["randomness"]["value"] = "en annen"


def other_kind(file: dict[str, Any]) -> None:
    file["outcome"]["randomness"] = {"kind": "dice", "value": "000000001"}


def other_ticket(file: dict[str, Any]) -> None:
    file["outcome"]["ticket"] += 1


def other_person_seated(file: dict[str, Any]) -> None:
    drawn = file["outcome"]["drawn"]
    drawn[0] = next(x for x in map(verify.leaf, file["entries"]) if x not in drawn)


def other_code(file: dict[str, Any]) -> None:
    file["commitment"]["verifier"] = "0" * 64


def other_method(file: dict[str, Any]) -> None:
    file["commitment"]["method"] = "annen"


def other_chance(file: dict[str, Any]) -> None:
    file["commitment"]["types"][0]["probability"] += 0.001


def missing_part(file: dict[str, Any]) -> None:
    del file["commitment"]["panels"]


def redo_digest(change: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], None]:
    """A cheat who also makes the fingerprint anew; whoever compares it with the published one sees it anyway."""

    def changed(file: dict[str, Any]) -> None:
        change(file)
        file["digest"] = verify.digest(file["commitment"])

    return changed


CHEATS = [
    remove_person, add_person, change_person, exchange_person, change_quota, move_weight, other_seed, other_kind,
    other_ticket, other_person_seated, other_code, other_method, other_chance, missing_part,
]  # fmt: skip


@pytest.mark.parametrize("cheat", CHEATS)
def test_every_kind_of_tampering_is_refused(cheat: Callable[[dict[str, Any]], None], tmp_path: Path) -> None:
    file = copy.deepcopy(AUDITORS)
    cheat(file)
    code, said = run(file, tmp_path)
    assert (code, said[:4]) == (1, "FEIL")


@pytest.mark.parametrize("cheat", [change_quota, move_weight, other_code, other_method, other_chance])
def test_a_new_fingerprint_hides_no_change(cheat: Callable[[dict[str, Any]], None]) -> None:
    """With a new fingerprint the seed points at another ticket, or the numbers no longer agree."""
    file = copy.deepcopy(AUDITORS)
    redo_digest(cheat)(file)
    with pytest.raises(verify.Refused):
        verify.check(file)


def test_a_public_file_is_refused_when_its_tallies_are_not_the_tickets() -> None:
    file = public_file(PROMISE, SEED)
    file["outcome"]["tallies"][0] = 5 - file["outcome"]["tallies"][0]
    with pytest.raises(verify.Refused):
        verify.check(file)


def test_the_public_file_points_at_nobody() -> None:
    file = public_file(PROMISE, SEED)
    assert "entries" not in json.dumps(file)
    assert "types" not in file
    assert all(line["pool"] is None or line["pool"] >= 5 for line in file["pool"])


def test_a_proof_for_another_list_is_refused() -> None:
    mine = proofs(ENTRIES)["person-0"]
    with pytest.raises(verify.Refused):
        verify.check({**mine, "root": proofs(ENTRIES[1:])["person-1"]["root"]})


@pytest.mark.parametrize("number", [1, 2, 3, 5, 8, 13])
def test_everybody_in_a_list_of_any_length_has_a_proof(number: int) -> None:
    for one in proofs(ENTRIES[:number]).values():
        verify.check(one)


def test_over_all_tickets_people_of_a_type_are_seated_equally_often() -> None:
    """Three dice: 1,000 outcomes, all of them tried."""
    promise = committed(ENTRIES, FEATURES, QUOTAS, lottery(1000), {"kind": "dice"}, "1.0")
    seated = Counter(who for number in range(1000) for who in drawn_ids(promise, ENTRIES, number))
    assert sum(seated.values()) == 5000
    for one in HEADS:
        of_type = [seated[entry.id] for entry in ENTRIES if entry.type == one]
        assert max(of_type) - min(of_type) <= 1
    for line in promise["types"]:
        assert abs(line["probability"] - line["best"]) <= promise["rounding"] <= 0.005


def test_dice_must_show_as_many_digits_as_promised() -> None:
    promise = {"digest": "", "tickets": 1000, "randomness": {"kind": "dice"}}
    assert verify.ticket(promise, {"kind": "dice", "value": "007"}) == 7
    for value in ("7", "1000", "-07", "0x7", "٠٠٧"):
        with pytest.raises(verify.Refused):
            verify.ticket(promise, {"kind": "dice", "value": value})


def test_ten_thousand_draws_match_the_stated_chances() -> None:
    """Chi-square over types: seats drawn against seats promised."""
    draws = 10_000
    promise = AUDITORS | {"tickets": 10**9, "randomness": {"kind": "seed"}}
    tickets = [verify.ticket(promise, {"kind": "seed", "value": str(number)}) for number in range(draws)]
    held: Counter[int] = Counter()
    for number in tickets:
        for one, _, places in verify.seats(PROMISE, number):
            held[one] += places
    promised = np.array([line["pool"] * line["best"] * draws for line in PROMISE["types"]])
    counted = np.array([held[one] for one in range(len(promised))])
    # 4 degrees of freedom: above 23.5 once in 10,000. The seeds are fixed, so it either always passes or never.
    assert ((counted - promised) ** 2 / promised).sum() < 23.5
