"""The rules of sending: when the next try is and when bulk mail rests."""

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
