"""The contract registry: every event type any service publishes, by its type string."""

from collections.abc import Mapping
from types import MappingProxyType

from shared.events import meetings, notifications, registration, results, surveys
from shared.events.base import TYPE_PATTERN, Event

PUBLISHERS: Mapping[str, tuple[type[Event], ...]] = MappingProxyType(
    {
        "registration": registration.EVENTS,
        "surveys": surveys.EVENTS,
        "notifications": notifications.EVENTS,
        "meetings": meetings.EVENTS,
        "results": results.EVENTS,
    }
)

REGISTRY: Mapping[str, type[Event]] = MappingProxyType(
    {event.type: event for events in PUBLISHERS.values() for event in events}
)

#: Topics whose events may hold names, addresses or written text; kept for seven days, read by one service each.
RESTRICTED_TOPICS = frozenset(
    {
        "registration.contacts",
        "results.contacts",
        "notifications.suggestions",
        "surveys.responses",
        # What each service keeps about a member who asked.
        "surveys.member_data",
        "notifications.member_data",
        "meetings.member_data",
        "results.member_data",
    }
)


def family(type_string: str) -> str | None:
    """The type without its version (``registration.member_joined``), or None when it is no type string."""
    match = TYPE_PATTERN.match(type_string)
    return f"{match['service']}.{match['fact']}" if match else None
