"""Which handler reacts to which events, under which name."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar, cast, overload

from sqlalchemy.ext.asyncio import AsyncSession

from shared.events import Event
from shared.messaging.envelope import Delivery
from shared.settings import Settings

E = TypeVar("E", bound=Event)
Taken = TypeVar("Taken", contravariant=True)


class Handler(Protocol[Taken]):
    """Applies one event; a handler of several types takes their union."""

    def __call__(self, session: AsyncSession, event: Taken, delivery: Delivery, /) -> Awaitable[None]: ...


class BatchHandler(Protocol[Taken]):
    """Applies many events of one batch, in order, with a delivery each."""

    def __call__(
        self, session: AsyncSession, events: Sequence[Taken], deliveries: Sequence[Delivery], /
    ) -> Awaitable[None]: ...


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
    handler: Callable[..., Awaitable[None]]
    events: tuple[type[Event], ...]
    batch: bool


@overload
def subscribe(
    name: str, handler: Handler[E], *events: Callable[..., E], batch: Literal[False] = False
) -> Subscription: ...
@overload
def subscribe(name: str, handler: BatchHandler[E], *events: Callable[..., E], batch: Literal[True]) -> Subscription: ...
def subscribe(
    name: str, handler: Handler[E] | BatchHandler[E], *events: Callable[..., E], batch: bool = False
) -> Subscription:
    """Declare that ``handler`` applies ``events`` (classes) under the claim ``name`` (``<service>.<effect>``).

    ``events`` are typed as what makes an ``E``, because a checker then takes ``E`` from the handler alone and finds the
    class that the handler does not take.
    """
    if not events:
        raise ValueError(f"{name} subscribes to nothing")
    return Subscription(name, handler, cast("tuple[type[Event], ...]", events), batch)


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

    def refusal(self, type_string: str, topic: str, source: str, settings: Settings) -> str | None:
        """The reason to refuse an event of a known type, or None.

        Only the publisher may write to a topic. So a type counts on its own topic alone, under its publisher's name.
        """
        event = self.classes[type_string]
        if event.topic != topic:
            return "foreign_topic"
        return None if source == settings.source(event.source_service()) else "foreign_source"

    @property
    def topics(self) -> list[str]:
        """Contract topics in a stable order."""
        return sorted({event.topic for event in self.classes.values()})

    def subscribers_of_other_version(self, family: str) -> list[Subscription]:
        """Subscriptions to another version of the same fact, who would silently miss this one."""
        by_name: dict[str, Subscription] = {}
        for type_string, subscriptions in self.by_type.items():
            if type_string.rsplit(".", 1)[0] == family:
                by_name.update({s.name: s for s in subscriptions})
        return list(by_name.values())


def parse(event: type[E], payload: bytes) -> E:
    """The event from its JSON; raises pydantic ValidationError."""
    return event.model_validate_json(payload)
