"""Every way to falsify a draw's file, the public one or the auditor's."""

from collections.abc import Callable
from typing import Any

from services.meetings import verify


def remove_person(file: dict[str, Any]) -> None:
    del file["entries"][3]


def add_person(file: dict[str, Any]) -> None:
    file["entries"].append({"person": "f" * 64, "type": file["entries"][0]["type"]})


def other_type(file: dict[str, Any]) -> dict[str, Any]:
    """Somebody of another type than the first."""
    return next(entry for entry in file["entries"] if entry["type"] != file["entries"][0]["type"])


def change_person(file: dict[str, Any]) -> None:
    file["entries"][0]["type"] = other_type(file)["type"]


def exchange_types(file: dict[str, Any]) -> None:
    """As many of each type as before."""
    first, other = file["entries"][0], other_type(file)
    first["type"], other["type"] = other["type"], first["type"]


def exchange_person(file: dict[str, Any]) -> None:
    file["entries"][0]["person"] = verify.person("f" * 32, "venn")


def change_quota(file: dict[str, Any]) -> None:
    file["promise"]["quotas"][0]["max"] += 1


def change_quota_and_group(file: dict[str, Any]) -> None:
    change_quota(file)
    file["promise"]["groups"][0]["max"] += 1


def move_weight(file: dict[str, Any]) -> None:
    for part in {"promise", "full"} & set(file):
        file[part]["panels"][0]["tickets"] += 1
        file[part]["panels"][1]["tickets"] -= 1


def change_tally(file: dict[str, Any]) -> None:
    """A woman for a man."""
    panel = file["promise"]["panels"][0]["tallies"]
    panel[0], panel[1] = panel[0] + 1, panel[1] - 1


def change_seats(file: dict[str, Any]) -> None:
    file["promise"]["seats"] += 1


def other_seed(file: dict[str, Any]) -> None:
    file["outcome"]["randomness"]["value"] = "en annen"


def other_secret(file: dict[str, Any]) -> None:
    file["outcome"]["randomness"]["secret"] = "1" * 32


def other_kind(file: dict[str, Any]) -> None:
    file["outcome"]["randomness"] = {"kind": "dice", "value": "000000001"}


def announced_afterwards(file: dict[str, Any]) -> None:
    file["promise"]["randomness"] = {"kind": "lottery", "of": "Lotto", "numbers": 1}
    file["outcome"]["randomness"] = {"kind": "lottery", "value": "1"}


def other_ticket(file: dict[str, Any]) -> None:
    file["outcome"]["ticket"] += 1


def other_tallies(file: dict[str, Any]) -> None:
    file["outcome"]["tallies"][0] += 1


def other_person_seated(file: dict[str, Any]) -> None:
    names = file["outcome"]["drawn"]
    names[0] = next(x for x in map(verify.leaf, file["entries"]) if x not in names)


def other_code(file: dict[str, Any]) -> None:
    file["promise"]["verifier"] = "0" * 64


def other_solver(file: dict[str, Any]) -> None:
    file["promise"]["code"] = "2.0"


def other_method(file: dict[str, Any]) -> None:
    file["promise"]["method"] = "annen"


def other_chance(file: dict[str, Any]) -> None:
    file["full"]["types"][0]["probability"] += 0.001


def other_group_chance(file: dict[str, Any]) -> None:
    file["promise"]["groups"][0]["lowest"] += 0.001


def other_lowest_chance(file: dict[str, Any]) -> None:
    file["promise"]["all"]["lowest"] += 0.001


def missing_part(file: dict[str, Any]) -> None:
    del file["promise"]["panels"]


Cheat = Callable[[dict[str, Any]], None]
#: What everybody can see in the public file.
SEEN_BY_ALL: list[Cheat] = [
    change_quota, change_quota_and_group, move_weight, change_tally, change_seats, other_seed, other_secret, other_kind,
    announced_afterwards, other_ticket, other_tallies, other_code, other_solver, other_method, other_group_chance,
    other_lowest_chance, missing_part,
]  # fmt: skip
SEEN_BY_AUDITORS: list[Cheat] = [
    *SEEN_BY_ALL, remove_person, add_person, change_person, exchange_types, exchange_person, other_person_seated,
    other_chance,
]  # fmt: skip
