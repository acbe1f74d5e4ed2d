"""How fast mail goes: a limit a minute, and rest while the server does not answer. Machine time of one process."""

import time
from collections.abc import Sequence

from services.notifications.sending.domain import retry_wait

_LONGEST_REST = 60


class Budget:
    """How many bulk mails this process may still send this minute."""

    def __init__(self) -> None:
        self._minute = 0
        self._spent = 0

    def left(self, per_minute: int) -> int:
        """Mails left; far more than a batch without a limit."""
        minute = int(time.monotonic() // 60)
        if minute != self._minute:
            self._minute, self._spent = minute, 0
        return max(per_minute - self._spent, 0) if per_minute else 1_000_000

    def spend(self, mails: int) -> None:
        """Count mails as sent."""
        self._spent += mails


class Rest:
    """A lane's rest when none of its connections got an answer: longer each time, a minute at most.

    Without it a server that is away would be asked once for every mail in the queue, a wrong password tried as often,
    and a server that hangs up after the data would make every mail uncertain.
    """

    def __init__(self) -> None:
        self._failures = 0
        self._until = 0.0

    def note(self, away: Sequence[bool]) -> None:
        """What became of a batch, by connection; nothing is learnt from an empty one."""
        if not away:
            return
        self._failures = self._failures + 1 if all(away) else 0
        wait = min(retry_wait(self._failures - 1), _LONGEST_REST) if self._failures else 0
        self._until = time.monotonic() + wait

    def goes_on(self) -> bool:
        """Whether the lane still rests."""
        return time.monotonic() < self._until
