"""Panel time: due dates, deadlines, ages, consent and link expiry.

Machine time (leases, retries, retention of mechanism rows) is the database's and never comes from here.
"""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo


class PanelClock:
    """UTC now plus an offset in seconds read from a file, so that demo and tests can play months in seconds.

    Time ticks on. A missing or empty file means no offset; a file that holds no number raises ValueError, because a
    clock that silently falls back would open and close surveys at the wrong time.
    """

    def __init__(self, zone: ZoneInfo, file: Path | None = None) -> None:
        self._zone = zone
        self._file = file
        self._seen: tuple[int, int] | None = None
        self._offset = timedelta()

    def now(self) -> datetime:
        """Aware panel time in UTC."""
        return datetime.now(UTC) + self._current_offset()

    def today(self) -> date:
        """The installation's calendar day."""
        return self.now().astimezone(self._zone).date()

    def _current_offset(self) -> timedelta:
        if self._file is None:
            return timedelta()
        try:
            stat = self._file.stat()
        except FileNotFoundError:
            return timedelta()
        mark = (stat.st_mtime_ns, stat.st_size)
        if mark != self._seen:
            self._offset = timedelta(seconds=float(self._file.read_text(encoding="utf-8").strip() or 0))
            self._seen = mark
        return self._offset
