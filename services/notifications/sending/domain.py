"""The rules of sending: when the next try is, when bulk mail rests, and what a server's answer means."""

import re
from datetime import datetime, time

_FIRST_WAIT = 2
_LONGEST_WAIT = 900


def retry_wait(tries: int) -> int:
    """Seconds until the next try after ``tries`` of them."""
    return min(_FIRST_WAIT << min(max(tries, 0), 10), _LONGEST_WAIT)


def is_quiet(local: datetime, quiet_from: time | None, quiet_to: time | None) -> bool:
    """Whether bulk mail rests at this local time; hours may go past midnight. Without both ends it never rests."""
    if quiet_from is None or quiet_to is None or quiet_from == quiet_to:
        return False
    now = local.time()
    if quiet_from < quiet_to:
        return quiet_from <= now < quiet_to
    return now >= quiet_from or now < quiet_to


def address_is_dead(code: int, text: str) -> bool:
    """Whether a refusal is about the address itself, for good, and not about one message or our server's standing.

    The enhanced status code decides where there is one (RFC 3463: 5.1.x is the address, 5.2.1 a closed mailbox);
    otherwise 550, 551 and 553 do, as RFC 5321 defines them.
    """
    if not 500 <= code < 600:
        return False
    enhanced = re.search(r"\b5\.(\d{1,3})\.(\d{1,3})\b", text)
    if enhanced:
        return (enhanced[1] == "1" and enhanced[2] not in ("7", "8")) or (enhanced[1], enhanced[2]) == ("2", "1")
    return code in (550, 551, 553)


def report_is_dead(status: str, diagnostic: str) -> bool:
    """The same for a delivery report (RFC 3464); a status that says nothing leaves it to the other server's words."""
    if status != "5.0.0":
        return address_is_dead(500, status)
    code = re.search(r"\b5\d\d\b", diagnostic)
    return code is not None and address_is_dead(int(code[0]), diagnostic)
