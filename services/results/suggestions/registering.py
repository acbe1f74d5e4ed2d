"""Letters that notifications took in become suggestions; old texts go."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from services.results.settings import results_settings
from services.results.suggestions import store
from shared.events.notifications import SuggestionLetterReceived
from shared.messaging import Delivery
from shared.service import Runtime


async def register_letter(session: AsyncSession, event: SuggestionLetterReceived, delivery: Delivery) -> None:
    """A letter to the panel's mailbox is a suggestion like one from the form; its sender can be answered by the id."""
    await store.register(
        session,
        event.suggestion_id,
        delivery.now,
        channel="mail",
        language=event.language if event.language in ("nb", "nn", "en") else "nb",
        heading=event.heading,
        text=event.text,
        removed=event.removed or None,
        wants_answer=True,
        attachments_refused=event.attachments_refused,
    )


async def remove_old_texts(rt: Runtime) -> None:
    """What residents wrote is not kept longer than answering it takes."""
    rules, now = results_settings(), rt.now()
    answered, registered = timedelta(days=rules.suggestion_text_days), timedelta(days=rules.unanswered_text_days)
    async with rt.transaction() as session:
        await store.remove_old_texts(session, now - answered, now - registered)
