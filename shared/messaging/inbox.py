"""Applying events once: claims, order per subject, waiting behind a dead letter."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import run_sql
from shared.ids import new_id
from shared.mechanism import mechanism
from shared.messaging.envelope import Delivery, Envelope
from shared.messaging.subscription import Routes, Subscription, parse
from shared.settings import Settings

#: The claims that were new; one row without a claim where all were, which is the rule and saves sending them back.
_TAKE = """
with taken as (
    insert into {schema}.inbox (handler, event_id) select * from unnest($1::text[], $2::uuid[])
    on conflict do nothing returning handler, event_id
)
select taken.handler, taken.event_id
from (select count(*) = cardinality($2::uuid[]) as whole from taken) as told
left join taken on not told.whole
where told.whole or taken.event_id is not null
"""
#: What each lane has applied last, and the open dead letters in it. A record whose headers could not be read holds up
#: every handler of its subject. The letters are locked: a re-drive under way is waited for, and one that begins
#: afterwards finds what is set aside behind them.
_LANES = """
with lane as (select * from unnest($1::text[], $2::text[], $3::uuid[]) as lane(handler, topic, subject)),
open as (
    select lane.handler, lane.topic, lane.subject, letter.sequence
    from lane join {schema}.dead_letter letter using (topic, subject)
    where letter.state in ('dead', 'waiting') and (letter.handler = lane.handler or letter.handler is null)
    for share of letter
)
select seen.handler, seen.topic, seen.subject, seen.sequence, false as waits
from lane join {schema}.subject_seen seen using (handler, topic, subject)
union all select handler, topic, subject, sequence, true from open
"""
_REMEMBER = """
insert into {schema}.subject_seen (handler, topic, subject, sequence)
select * from unnest($1::text[], $2::text[], $3::uuid[], $4::bigint[]) order by 1, 2, 3
on conflict (handler, topic, subject) do update set sequence = greatest(subject_seen.sequence, excluded.sequence)
"""

#: Events read before the loop may turn to the database's answer; fewer are not worth a second task.
_READ_AT_ONCE = 50

#: (handler, topic, subject): within it events are applied in order.
Lane = tuple[str, str, UUID]


@dataclass(slots=True)
class Claim:
    """One event for one subscription."""

    subscription: Subscription
    envelope: Envelope
    _event: Any = None

    def event(self, routes: Routes) -> Any:
        """The event, read once; raises pydantic ValidationError."""
        if self._event is None:
            self._event = parse(routes.classes[self.envelope.type], self.envelope.payload)
        return self._event

    @property
    def lane(self) -> Lane | None:
        """Where order matters, or None for events without a subject."""
        if self.envelope.subject is None or self.envelope.sequence is None:
            return None
        return (self.subscription.name, self.envelope.topic, self.envelope.subject)


class Inbox:
    """Applies claims inside a transaction of one service's schema."""

    def __init__(self, schema: str, routes: Routes, settings: Settings) -> None:
        self._schema = schema
        self._letters = mechanism(schema).dead_letter
        self._routes = routes
        self._settings = settings

    async def apply(self, session: AsyncSession, claims: Sequence[Claim], now: datetime) -> None:
        """Apply each claim that is new, in order, in the caller's transaction.

        A claim already in the inbox is skipped; one older than its lane's last is stale; one whose lane has an open
        dead letter joins the wait.
        """
        if len(claims) > _READ_AT_ONCE:
            fresh, _ = await asyncio.gather(self._take(session, claims), self._read(claims))
        else:
            fresh = await self._take(session, claims)
        if not fresh:
            return
        lane_of = [claim.lane for claim in fresh]
        lanes = sorted({lane for lane in lane_of if lane is not None})
        seen, blocked = await self._lanes(session, lanes)
        due: dict[str, list[Claim]] = {}
        for claim, lane in zip(fresh, lane_of, strict=True):
            sequence = claim.envelope.sequence
            if lane is not None and lane in blocked:
                if claim.envelope.replay and sequence is not None and sequence <= blocked[lane]:
                    # State sent again, and what it repeats waits here already: another letter would tell nothing.
                    continue
                await self._set_aside(session, claim, state="waiting", reason="subject_waits")
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
        events = [claim.event(self._routes) for claim in claims]
        deliveries = [self._delivery(claim.envelope, now) for claim in claims]
        if subscription.batch:
            await subscription.handler(session, events, deliveries)
            return
        for event, delivery in zip(events, deliveries, strict=True):
            await subscription.handler(session, event, delivery)

    async def _read(self, claims: Sequence[Claim]) -> None:
        """Read the events while the database looks into the inbox; what cannot be read is for ``run`` to say."""
        for number, claim in enumerate(claims):
            if number % _READ_AT_ONCE == 0:
                await asyncio.sleep(0)
            try:
                claim.event(self._routes)
            except ValidationError:
                continue

    async def bury(self, session: AsyncSession, claim: Claim, reason: str) -> bool:
        """Make the claim a dead letter, unless it was applied or buried before (by another process, or earlier)."""
        if not await self._take(session, [claim]):
            return False
        await self._set_aside(session, claim, state="dead", reason=reason)
        return True

    async def _set_aside(self, session: AsyncSession, claim: Claim, *, state: str, reason: str) -> None:
        envelope = claim.envelope
        await session.execute(
            pg_insert(self._letters)
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
        seen, _ = await self._lanes(session, [lane])
        if sequence <= seen.get(lane, 0):
            return False
        await self._remember(session, {lane: sequence})
        return True

    def _delivery(self, envelope: Envelope, now: datetime) -> Delivery:
        one = envelope
        return Delivery(now, self._settings, one.event_id, one.sequence, one.replay, one.occurred_at)

    async def _take(self, session: AsyncSession, claims: Sequence[Claim]) -> list[Claim]:
        """Insert the claims' inbox rows; the claims that were new, in order."""
        taken = await self._run(
            session,
            _TAKE,
            [claim.subscription.name for claim in claims],
            [claim.envelope.event_id for claim in claims],
        )
        if len(taken) == 1 and taken[0][1] is None:
            return list(claims)
        new = {(handler, event_id) for handler, event_id in taken}
        fresh = []
        for claim in claims:
            key = (claim.subscription.name, claim.envelope.event_id)
            if key in new:
                new.remove(key)
                fresh.append(claim)
        return fresh

    async def _lanes(self, session: AsyncSession, lanes: Sequence[Lane]) -> tuple[dict[Lane, int], dict[Lane, int]]:
        """The last sequence applied in each lane, and the last that waits in each lane with an open dead letter."""
        seen: dict[Lane, int] = {}
        blocked: dict[Lane, int] = {}
        for handler, topic, subject, sequence, waits in await self._about(session, _LANES, lanes):
            found, lane = blocked if waits else seen, (handler, topic, subject)
            found[lane] = max(found.get(lane, 0), sequence or 0)
        return seen, blocked

    async def _remember(self, session: AsyncSession, sequences: dict[Lane, int]) -> None:
        await self._about(session, _REMEMBER, list(sequences), list(sequences.values()))

    async def _about(self, session: AsyncSession, statement: str, lanes: Sequence[Lane], *more: Any) -> Sequence[Any]:
        if not lanes:
            return ()
        return await self._run(session, statement, *([*column] for column in zip(*lanes, strict=True)), *more)

    async def _run(self, session: AsyncSession, statement: str, *values: Any) -> Sequence[Any]:
        return await run_sql(session, statement.format(schema=self._schema), *values)
