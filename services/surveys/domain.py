"""Rules that several rooms of the service share."""

from datetime import datetime, timedelta


def last_day(closes_at: datetime, closed_at: datetime | None = None) -> datetime:
    """An instant on the last day on which answers are taken; ``closes_at`` is the first at which they are not.

    Closing by plan is done a little later than that, by hand (``closed_at``) perhaps much earlier.
    """
    return min(closes_at - timedelta(seconds=1), closed_at or closes_at)
