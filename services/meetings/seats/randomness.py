"""Public randomness: what is announced before a draw, and the one way to write what came of it.

One way, because whoever may choose between several spellings may choose between several outcomes.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.meetings.draw.model import TICKETS

#: Tickets that three ten-sided dice pick from.
DICE_TICKETS = 1000
KINDS = ("dice", "lottery", "drand", "seed")
#: The chain of drand that rounds are of: its first, a round each 30 seconds. Were none named, staff could choose one.
DRAND = "8990e7a9aaed2ffed73dbd7092123d6f289930540d7651336225dc172e51b2ce"
#: Numbers of a lottery's draw that may be announced, and the highest round of drand.
MOST_NUMBERS, LAST_ROUND = 20, 10**10


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


def tickets_for(announced: Mapping[str, object]) -> int:
    """How many tickets this randomness can pick from."""
    return DICE_TICKETS if announced.get("kind") == "dice" else TICKETS


def outcome_of(announced: Mapping[str, Any], typed: str, secret: str | None) -> dict[str, str]:
    """The randomness as the verifier reads it, from what staff typed."""
    kind = announced["kind"]
    value = " ".join(unicodedata.normalize("NFC", typed).split())
    if kind == "dice":
        value = value.replace(" ", "")
    elif kind == "lottery":
        value = " ".join(map(str, sorted(map(int, re.findall("[0-9]+", value)))))
    elif kind == "drand":
        value = value.replace(" ", "").lower()
    return {"kind": kind, "value": value} | ({"secret": secret} if kind == "seed" and secret else {})
