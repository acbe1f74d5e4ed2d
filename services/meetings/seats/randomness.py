"""Public randomness: what is announced before a draw, and the one way to write what came of it.

There is one way only: whoever can choose between spellings can choose between outcomes.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from services.meetings.draw.model import TICKETS
from services.meetings.verify import Refused

#: Tickets that three ten-sided dice pick from.
DICE_TICKETS = 1000
KINDS = ("dice", "lottery", "drand", "seed")
#: The chain of drand that rounds are of: its first, a round each 30 seconds. Were none named, staff could choose one.
DRAND = "8990e7a9aaed2ffed73dbd7092123d6f289930540d7651336225dc172e51b2ce"
#: When its first round came, and how long each lasts.
_FIRST_ROUND, _ROUND_LASTS = datetime.fromtimestamp(1595431050, UTC), timedelta(seconds=30)
#: Numbers of a lottery's draw that may be announced, and how long before it comes a round of drand may be.
MOST_NUMBERS, LONGEST_WAIT = 20, timedelta(days=366)


def round_comes_at(number: int) -> datetime:
    """The instant at which drand gives the round."""
    return _FIRST_ROUND + (number - 1) * _ROUND_LASTS


def next_round(after: datetime) -> int:
    """The first round after this instant; everybody knows the rounds before it."""
    return (after - _FIRST_ROUND) // _ROUND_LASTS + 2


def check_unknown(source: Mapping[str, Any], now: datetime) -> None:
    """Raise `Refused` for a round of drand that has been: nobody may know its value yet."""
    if source.get("kind") == "drand" and source["round"] < next_round(now):
        raise Refused("Runden hos drand har vært, så hvem som helst kan vite hva den gir. Velg en senere runde.")


@dataclass(frozen=True)
class Announced:
    """What staff choose: dice, a lottery (what it is, and how many numbers of it), a round of drand, or a seed."""

    kind: str = "dice"
    of: str = ""
    number: int = 0

    def document(self, secret: str) -> dict[str, object]:
        """What the promise says of it."""
        if self.kind == "lottery":
            return {"kind": self.kind, "of": self.of, "numbers": self.number}
        if self.kind == "drand":
            return {"kind": self.kind, "round": self.number, "chain": DRAND}
        if self.kind == "seed":
            return {"kind": self.kind, "sealed": hashlib.sha256(secret.encode()).hexdigest()}
        return {"kind": "dice"}


def tickets_for(source: Mapping[str, object]) -> int:
    """How many tickets this randomness can pick from."""
    return DICE_TICKETS if source.get("kind") == "dice" else TICKETS


def outcome_of(source: Mapping[str, Any], text: str, secret: str | None) -> dict[str, str]:
    """The randomness as the verifier reads it, from what staff typed. Raises `Refused` for too few or many numbers."""
    kind = source["kind"]
    value = " ".join(unicodedata.normalize("NFC", text).split())
    if kind == "dice":
        value = value.replace(" ", "")
    elif kind == "lottery":
        numbers = sorted(map(int, re.findall("[0-9]+", value)))
        if len(numbers) != source["numbers"]:
            raise Refused(f"Skriv {source['numbers']} tall.")
        value = " ".join(map(str, numbers))
    elif kind == "drand":
        value = value.replace(" ", "").lower()
    return {"kind": kind, "value": value} | ({"secret": secret} if kind == "seed" and secret else {})
