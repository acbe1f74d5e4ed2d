"""Reading a relay's log to settle mails whose outcome nobody here can know.

Two kinds of line are read, in any mixture; all others are passed over.

Postfix: a queue id joins a message id with what became of it, on one line or on several::

    postfix/cleanup[2]: 4F1A: message-id=<0198…@kommune.example>
    postfix/smtp[3]: 4F1A: to=<…>, relay=…, dsn=2.0.0, status=sent (250 ok)

JSON lines, for relays that are services: ``{"message_id": "<0198…@kommune.example>", "status": "delivered"}``.

``sent`` (also ``delivered``, ``accepted``, ``deferred``, ``queued``: the relay has it and is responsible) is sent;
``bounced`` (also ``failed``, ``expired``, ``rejected``) is failed. A later line about the same mail wins, but a failure
is never taken back by a line that only says the relay had it.
"""

import json
import re
from collections.abc import Iterable
from uuid import UUID

_MESSAGE_ID = re.compile(
    r"message-?_?id\"?\s*[=:]\s*\"?<?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@([^>\s\",]+)", re.IGNORECASE
)
_QUEUE_ID = re.compile(r"(?:^|\s)([0-9A-Za-z]{4,20}):\s")
_STATUS = re.compile(r"\bstatus=([a-z]+)", re.IGNORECASE)
_ACTIVE = "(queue active)"
_TAKEN = frozenset({"sent", "delivered", "accepted", "deferred", "queued"})
_FAILED = frozenset({"bounced", "failed", "expired", "rejected"})


def read_relay_log(lines: Iterable[str], domain: str) -> dict[UUID, str]:
    """Message id -> ``sent`` or ``failed``, of mails whose Message-ID is of ``domain``."""
    by_queue: dict[str, UUID] = {}
    queues: dict[str, list[str]] = {}
    outcomes: dict[UUID, str] = {}
    for line in lines:
        if line.lstrip().startswith("{"):
            message_id, status = _of_json(line, domain)
        else:
            message_id, status = _of(_MESSAGE_ID.search(line), domain), _status(line)
            queue = _QUEUE_ID.search(line)
            if queue is not None and message_id is not None:
                by_queue[queue[1]] = message_id
                for earlier in queues.pop(queue[1], []):
                    _note(outcomes, message_id, earlier)
            elif queue is not None and status is not None:
                message_id = by_queue.get(queue[1])
                if message_id is None:
                    queues.setdefault(queue[1], []).append(status)
        if message_id is not None and status is not None:
            _note(outcomes, message_id, status)
    return outcomes


def _note(outcomes: dict[UUID, str], message_id: UUID, status: str) -> None:
    if status in _FAILED:
        outcomes[message_id] = "failed"
    elif status in _TAKEN:
        outcomes.setdefault(message_id, "sent")


def _status(line: str) -> str | None:
    status = _STATUS.search(line)
    if status is not None:
        return status[1].lower()
    return "queued" if _ACTIVE in line else None


def _of(match: re.Match[str] | None, domain: str) -> UUID | None:
    return UUID(match[1]) if match is not None and match[2].lower() == domain.lower() else None


def _of_json(line: str, domain: str) -> tuple[UUID | None, str | None]:
    try:
        entry = json.loads(line)
    except ValueError:
        return None, None
    if not isinstance(entry, dict):
        return None, None
    status = entry.get("status")
    return _of(_MESSAGE_ID.search(line), domain), status.lower() if isinstance(status, str) else None
