"""The contact cap: the most mails that ask something of one member in a quarter, over surveys and meetings.

A mail asks when it wants an answer: an invitation to a survey, each reminder of it, an invitation to a meeting, a call.
What only tells (results, minutes, a place already said yes to) and what a person set off (signing in) is not counted.
Surveys and meetings count their own mails and copies of each other's, by this rule. The cap is the profile's.
"""

from datetime import datetime, timedelta
from typing import Any

#: The quarter that ends now: at the turn of a calendar quarter twice as many mails could go out.
QUARTER = timedelta(days=91)


def quarter_began(now: datetime) -> datetime:
    """Mails sent after this instant count."""
    return now - QUARTER


def may_be_asked(mails: Any, cap: int) -> Any:
    """Whether a member who got so many mails in the quarter may get one more; of a column, the condition on it."""
    return mails < cap
