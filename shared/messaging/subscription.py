"""Which handler reacts to which events, under which name."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from shared.events import Event

#: ``async (session, event, delivery)``, or with ``batch=True`` ``async (session, events, deliveries)``.
Handler = Callable[..., Awaitable[None]]


class PermanentError(Exception):
    """The event can never be handled as it is: it goes to the dead letters without another try."""


@dataclass(frozen=True)
class Subscription:
    """One effect and the event types that cause it.

    ``name`` is the claim in the inbox and must never change: renaming it would apply every event again. Events of
    one subject and topic reach a subscription in the order they were published, older ones are skipped as stale;
    types whose order matters therefore share one subscription.
    """

    name: str
    handler: Handler
    events: tuple[type[Event], ...]
    batch: bool = False


def subscribe(name: str, handler: Handler, *events: type[Event], batch: bool = False) -> Subscription:
    """Declare that ``handler`` applies ``events`` under the claim ``name`` (``<service>.<effect>``)."""
    if not events:
        raise ValueError(f"{name} subscribes to nothing")
    return Subscription(name, handler, events, batch)


class Routes:
    """A service's subscriptions by event type, and the topics to consume for them."""

    def __init__(self, subscriptions: Iterable[Subscription]) -> None:
        self.by_type: dict[str, list[Subscription]] = {}
        self.by_name: dict[str, Subscription] = {}
        self.classes: dict[str, type[Event]] = {}
        for subscription in subscriptions:
            if subscription.name in self.by_name:
                raise ValueError(f"two subscriptions are named {subscription.name}")
            self.by_name[subscription.name] = subscription
            for event in subscription.events:
                self.by_type.setdefault(event.type, []).append(subscription)
                self.classes[event.type] = event

    @property
    def topics(self) -> list[str]:
        """Contract topics in a stable order."""
        return sorted({event.topic for event in self.classes.values()})

    def subscribers_of_other_version(self, family: str) -> list[Subscription]:
        """Subscriptions to another version of the same fact, who would silently miss this one."""
        found: dict[str, Subscription] = {}
        for type_string, subscriptions in self.by_type.items():
            if type_string.rsplit(".", 1)[0] == family:
                found.update({s.name: s for s in subscriptions})
        return list(found.values())


def parse(event: type[Event], payload: bytes) -> Any:
    """The event from its JSON; raises pydantic ValidationError."""
    return event.model_validate_json(payload)
