"""The consumer turns records into claims, stores a batch in one transaction, and never leaves a batch before that.

FastStream hands over raw batches. Under ``AckPolicy.MANUAL`` it logs an exception and goes on, and the commit of a
later batch would skip the failed one for good. So the consumer stays on a batch until every record of it is applied
or set aside as a dead letter.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from functools import partial
from typing import TypeVar

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import insert_new
from shared.events import family
from shared.ids import new_id
from shared.logs import what_and_where
from shared.mechanism import mechanism
from shared.messaging.envelope import Record, Unreadable, raw_headers, read_envelope, subject_of_key
from shared.messaging.inbox import Claim, Inbox
from shared.messaging.subscription import Routes
from shared.messaging.transient import is_transient
from shared.patience import outlast
from shared.trace import following

log = structlog.get_logger()

Transaction = Callable[[], AbstractAsyncContextManager[AsyncSession]]

T = TypeVar("T")


class BatchConsumer:
    """Applies batches of records of one topic."""

    #: Seconds one try may take, a batch's own transaction included.
    longest_step = 300.0

    def __init__(
        self,
        schema: str,
        topic: str,
        routes: Routes,
        inbox: Inbox,
        transaction: Transaction,
        now: Callable[[], datetime],
    ) -> None:
        self.topic = topic
        self._letters = mechanism(schema).dead_letter
        self._routes = routes
        self._inbox = inbox
        self._settings = inbox.settings
        self._transaction = transaction
        self._now = now
        self.in_hand = 0
        """Records taken from Kafka and not stored yet."""
        self._stuck_since: float | None = None

    @property
    def stuck_seconds(self) -> float:
        """Seconds the batch in hand has been failing through no fault of its events; 0 when it is not failing."""
        return 0.0 if self._stuck_since is None else time.monotonic() - self._stuck_since

    async def take(self, records: Sequence[Record]) -> None:
        """Store the whole batch; returns only then, however long the database is away."""
        self.in_hand = len(records)
        claims: list[Claim] = []
        for record in records:
            try:
                envelope = read_envelope(record, self.topic)
            except Unreadable as error:
                await self._until_stored(partial(self._keep_record, record, str(error)))
                continue
            subscriptions = self._routes.by_type.get(envelope.type)
            if subscriptions is not None:
                if refusal := self._routes.refusal(envelope.type, self.topic, envelope.source, self._settings):
                    await self._until_stored(partial(self._keep_record, record, refusal))
                    continue
                claims += [Claim(subscription, envelope) for subscription in subscriptions]
                continue
            fact = family(envelope.type)
            for subscription in self._routes.subscribers_of_other_version(fact) if fact else []:
                await self._store(claims)
                claims = []
                await self._until_stored(partial(self._bury, Claim(subscription, envelope), "unknown_version"))
        await self._store(claims)
        self.in_hand = 0

    async def _store(self, claims: Sequence[Claim]) -> None:
        if not claims:
            return
        if await self._until_stored(partial(self._apply, claims)):
            return
        for claim in claims:
            await self._until_stored(partial(self._apply_alone, claim))

    async def _apply(self, claims: Sequence[Claim]) -> bool:
        """Apply all in one transaction; False when one of them is at fault."""
        try:
            async with self._transaction() as session:
                await self._inbox.apply(session, claims, self._now())
        except Exception as error:
            if is_transient(error):
                raise
            return False
        return True

    async def _apply_alone(self, claim: Claim) -> None:
        with following(claim.envelope.traceparent):
            try:
                async with self._transaction() as session:
                    await self._inbox.apply(session, [claim], self._now())
            except Exception as error:
                if is_transient(error):
                    raise
                await self._bury(claim, type(error).__name__, error)

    async def _bury(self, claim: Claim, reason: str, error: Exception | None = None) -> None:
        async with self._transaction() as session:
            if not await self._inbox.bury(session, claim, reason):
                return
        log.error(
            "messaging.event.buried",
            handler=claim.subscription.name,
            event_id=str(claim.envelope.event_id),
            type=claim.envelope.type,
            reason=reason,
            failure=what_and_where(error) if error else None,
        )

    async def _keep_record(self, record: Record, reason: str) -> None:
        """Keep a record that no handler may get. No event waits behind it: it can be looked at, but never applied."""
        headers = raw_headers(record)
        async with self._transaction() as session:
            await insert_new(
                session,
                self._letters,
                id=new_id(),
                state="dead",
                reason=reason,
                type=headers.get("ce_type"),
                topic=self.topic,
                partition=record.partition,
                offset=record.offset,
                subject=subject_of_key(record),
                headers=headers,
                payload=record.value or b"",
            )
        log.error(
            "messaging.record.refused",
            topic=self.topic,
            partition=record.partition,
            offset=record.offset,
            type=headers.get("ce_type"),
            reason=reason,
        )

    async def _until_stored(self, step: Callable[[], Awaitable[T]]) -> T:
        """Run ``step`` until it succeeds, and return its result.

        ``step`` puts an event that is at fault into the dead letters by itself. So an exception from it is a fault of
        the machinery, and no reason to leave the batch: FastStream would commit the next one past it.
        """

        async def bounded() -> T:
            # A step can hang on a lost connection that was never closed, or in a handler that waits for ever. It is
            # then given up and tried again like any other.
            async with asyncio.timeout(self.longest_step):
                return await step()

        def failed(error: BaseException, _: int) -> None:
            if self._stuck_since is None:
                self._stuck_since = time.monotonic()
                log.warning("messaging.batch.waits", topic=self.topic, failure=what_and_where(error))

        done = await outlast(bounded, lambda error: isinstance(error, Exception), failed=failed)
        if self._stuck_since is not None:
            self._stuck_since = None
            log.info("messaging.batch.went_on", topic=self.topic)
        return done
