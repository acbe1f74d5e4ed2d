"""Applying events once: claims, order per subject, waiting behind a dead letter."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import unnest
from shared.ids import new_id
from shared.mechanism import mechanism
from shared.messaging.envelope import Delivery, Envelope
from shared.messaging.subscription import Routes, Subscription, parse
from shared.settings import Settings

#: (handler, topic, subject): within it events are applied in order.
Lane = tuple[str, str, UUID]


@dataclass(frozen=True)
class Claim:
    """One event for one subscription."""

    subscription: Subscription
    envelope: Envelope

    @property
    def lane(self) -> Lane | None:
        """Where order matters, or None for events without a subject."""
        if self.envelope.subject is None or self.envelope.sequence is None:
            return None
        return (self.subscription.name, self.envelope.topic, self.envelope.subject)


class Inbox:
    """Applies claims inside a transaction of one service's schema."""

    def __init__(self, schema: str, routes: Routes, settings: Settings) -> None:
        self._tables = mechanism(schema)
        self._routes = routes
        self._settings = settings

    async def apply(self, session: AsyncSession, claims: Sequence[Claim], now: datetime) -> None:
        """Apply each claim that is new, in order, in the caller's transaction.

        A claim already in the inbox is skipped; one older than its lane's last is stale; one whose lane has an open
        dead letter joins the wait.
        """
        fresh = await self._take(session, claims)
        if not fresh:
            return
        lanes = sorted({claim.lane for claim in fresh if claim.lane is not None})
        seen = await self._last_sequences(session, lanes)
        blocked = await self._blocked(session, lanes)
        due: dict[str, list[Claim]] = {}
        for claim in fresh:
            lane, sequence = claim.lane, claim.envelope.sequence
            if lane is not None and lane in blocked:
                if claim.envelope.replay and sequence is not None and sequence <= blocked[lane]:
                    # State sent again, and what it repeats waits here already: another letter would tell nothing.
                    continue
                await self.set_aside(session, claim, state="waiting", reason="subject_waits")
                continue
            if lane is not None and sequence is not None:
                if sequence <= seen.get(lane, 0):
                    continue
                seen[lane] = sequence
            due.setdefault(claim.subscription.name, []).append(claim)
        for waiting in due.values():
            await self.run(session, waiting, now)
        await self._remember(session, {lane: seen[lane] for lane in lanes if lane in seen and lane not in blocked})

    async def run(self, session: AsyncSession, claims: Sequence[Claim], now: datetime) -> None:
        """Call one subscription's handler for these claims, without asking the inbox."""
        subscription = claims[0].subscription
        events = [parse(self._routes.classes[claim.envelope.type], claim.envelope.payload) for claim in claims]
        deliveries = [self._delivery(claim.envelope, now) for claim in claims]
        if subscription.batch:
            await subscription.handler(session, events, deliveries)
            return
        for event, delivery in zip(events, deliveries, strict=True):
            await subscription.handler(session, event, delivery)

    async def set_aside(self, session: AsyncSession, claim: Claim, *, state: str, reason: str) -> None:
        """Keep the claim as a dead (or waiting) letter; its inbox row is taken too, so a redelivery changes nothing."""
        await self._take(session, [claim])
        envelope = claim.envelope
        await session.execute(
            pg_insert(self._tables.dead_letter)
            .values(
                id=new_id(),
                state=state,
                reason=reason,
                handler=claim.subscription.name,
                event_id=envelope.event_id,
                type=envelope.type,
                topic=envelope.topic,
                partition=envelope.partition,
                offset=envelope.offset,
                subject=envelope.subject,
                sequence=envelope.sequence,
                headers=envelope.headers,
                payload=envelope.payload,
            )
            .on_conflict_do_nothing()
        )

    async def mark_applied(self, session: AsyncSession, claim: Claim) -> bool:
        """Raise the lane's last sequence for a re-driven claim; False when something newer was applied already."""
        lane, sequence = claim.lane, claim.envelope.sequence
        if lane is None or sequence is None:
            return True
        seen = await self._last_sequences(session, [lane])
        if sequence <= seen.get(lane, 0):
            return False
        await self._remember(session, {lane: sequence})
        return True

    def _delivery(self, envelope: Envelope, now: datetime) -> Delivery:
        return Delivery(
            now=now,
            settings=self._settings,
            event_id=envelope.event_id,
            sequence=envelope.sequence,
            replay=envelope.replay,
            occurred_at=envelope.occurred_at,
        )

    async def _take(self, session: AsyncSession, claims: Sequence[Claim]) -> list[Claim]:
        """Insert the claims' inbox rows; the claims that were new, in order."""
        inbox = self._tables.inbox
        rows = unnest(
            handler=(sa.Text, [claim.subscription.name for claim in claims]),
            event_id=(sa.Uuid, [claim.envelope.event_id for claim in claims]),
        )
        inserted = await session.execute(
            pg_insert(inbox)
            .from_select(["handler", "event_id"], sa.select(rows.c.handler, rows.c.event_id))
            .on_conflict_do_nothing()
            .returning(inbox.c.handler, inbox.c.event_id)
        )
        new = {(row.handler, row.event_id) for row in inserted}
        fresh = []
        for claim in claims:
            key = (claim.subscription.name, claim.envelope.event_id)
            if key in new:
                new.remove(key)
                fresh.append(claim)
        return fresh

    async def _last_sequences(self, session: AsyncSession, lanes: Sequence[Lane]) -> dict[Lane, int]:
        if not lanes:
            return {}
        seen, wanted = self._tables.subject_seen, _lanes(lanes)
        found = await session.execute(
            sa.select(seen).where(
                seen.c.handler == wanted.c.handler,
                seen.c.topic == wanted.c.topic,
                seen.c.subject == wanted.c.subject,
            )
        )
        return {(row.handler, row.topic, row.subject): row.sequence for row in found}

    async def _blocked(self, session: AsyncSession, lanes: Sequence[Lane]) -> dict[Lane, int]:
        """The lanes with an open dead letter, and the last sequence that waits in each."""
        if not lanes:
            return {}
        letter, wanted = self._tables.dead_letter, _lanes(lanes)
        found = await session.execute(
            sa.select(
                letter.c.handler, letter.c.topic, letter.c.subject, sa.func.max(letter.c.sequence).label("sequence")
            )
            .where(
                letter.c.state.in_(["dead", "waiting"]),
                letter.c.handler == wanted.c.handler,
                letter.c.topic == wanted.c.topic,
                letter.c.subject == wanted.c.subject,
            )
            .group_by(letter.c.handler, letter.c.topic, letter.c.subject)
        )
        return {(row.handler, row.topic, row.subject): row.sequence or 0 for row in found}

    async def _remember(self, session: AsyncSession, sequences: dict[Lane, int]) -> None:
        if not sequences:
            return
        seen = self._tables.subject_seen
        rows = unnest(
            handler=(sa.Text, [lane[0] for lane in sequences]),
            topic=(sa.Text, [lane[1] for lane in sequences]),
            subject=(sa.Uuid, [lane[2] for lane in sequences]),
            sequence=(sa.BigInteger, list(sequences.values())),
        )
        statement = pg_insert(seen).from_select(
            ["handler", "topic", "subject", "sequence"],
            sa.select(rows.c.handler, rows.c.topic, rows.c.subject, rows.c.sequence).order_by(
                rows.c.handler, rows.c.topic, rows.c.subject
            ),
        )
        await session.execute(
            statement.on_conflict_do_update(
                index_elements=["handler", "topic", "subject"],
                set_={"sequence": sa.func.greatest(seen.c.sequence, statement.excluded.sequence)},
            )
        )


def _lanes(lanes: Sequence[Lane]) -> Any:
    return unnest(
        handler=(sa.Text, [lane[0] for lane in lanes]),
        topic=(sa.Text, [lane[1] for lane in lanes]),
        subject=(sa.Uuid, [lane[2] for lane in lanes]),
    )
