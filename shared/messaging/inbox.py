"""Applying events once: claims, order per subject, waiting behind a dead letter."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import insert_new, run_sql
from shared.events import Event
from shared.ids import new_id
from shared.mechanism import mechanism
from shared.messaging.envelope import Delivery, Envelope
from shared.messaging.subscription import PermanentError, Routes, Subscription, parse
from shared.settings import Settings
from shared.trace import add_span, following, recording, traceparent

#: Claims events and raises their lanes in one statement, because each statement delays every event. Its rows are (told,
#: handler, topic, subject, event, sequence). Usually all claims are new. Then one row tells "all", and every other row
#: is about a lane: "raised" to the newest of its claims, with the sequence before, or "waits", with the sequence of an
#: open dead letter. A lane without a row is already past its newest claim. If some claims were taken before, the rows
#: are the "new" claims alone, and a second statement raises the lanes of those.
#:
#: The statement locks the dead letters. It waits for a re-drive under way, and a later re-drive finds the events set
#: aside behind them. The sequence before comes from the raised row under its lock, because the snapshot lacks what
#: other processes applied while the statement waited.
_TAKE = """
with taken as (
    insert into {schema}.inbox (handler, event_id) select * from unnest($1::text[], $2::uuid[])
    on conflict do nothing returning handler, event_id
), all_new as (
    select count(*) = cardinality($2::uuid[]) as yes from taken
), lane as (
    select * from unnest($3::text[], $4::text[], $5::uuid[], $6::bigint[]) as lane(handler, topic, subject, newest)
), open as (
    select lane.handler, lane.topic, lane.subject, letter.sequence
    from lane join {schema}.dead_letter letter using (topic, subject)
    where letter.state in ('dead', 'waiting') and letter.handler = lane.handler
    for share of letter
), raised as (
    insert into {schema}.subject_seen as seen (handler, topic, subject, sequence)
    select handler, topic, subject, newest from lane
    where (select yes from all_new)
        and not exists (
            select from open
            where open.handler = lane.handler and open.topic = lane.topic and open.subject = lane.subject
        )
    order by 1, 2, 3
    on conflict (handler, topic, subject) do update set sequence = excluded.sequence
    where seen.sequence < excluded.sequence
    returning handler, topic, subject, old.sequence as before
)
select 'all' as told, null as handler, null as topic, null::uuid as subject, null::uuid as event,
    null::bigint as sequence
from all_new where yes
union all select 'new', handler, null, null, event_id, null from taken where not (select yes from all_new)
union all select 'raised', handler, topic, subject, null, before from raised
union all select 'waits', handler, topic, subject, null, sequence from open where (select yes from all_new)
"""
#: A row where nothing newer was applied.
_RAISE = """
insert into {schema}.subject_seen as seen (handler, topic, subject, sequence) values ($1, $2, $3, $4)
on conflict (handler, topic, subject) do update set sequence = excluded.sequence where seen.sequence < excluded.sequence
returning sequence
"""

#: Counts an event whose sequence is below its lane's, other than state sent again. A publisher sends such events only
#: after a restore to an older state.
_STALE = """
update {schema}.subject_seen set stale = stale + 1, stale_at = clock_timestamp()
where handler = $1 and topic = $2 and subject = $3
"""

#: Number of events read before the loop looks at the database's answer; fewer are not worth a second task.
_READ_AT_ONCE = 50

#: (handler, topic, subject): within it events are applied in order.
Lane = tuple[str, str, UUID]


@dataclass(slots=True)
class Claim:
    """One event for one subscription."""

    subscription: Subscription
    envelope: Envelope
    _event: Event | None = None

    def event(self, routes: Routes) -> Event:
        """The event, read once; raises pydantic ValidationError, PermanentError about another subject than its key."""
        if self._event is None:
            event = parse(routes.classes[self.envelope.type], self.envelope.payload)
            if event.subject != self.envelope.subject:
                raise PermanentError("the payload is about another subject than the key")
            self._event = event
        return self._event

    @property
    def lane(self) -> Lane | None:
        """Where order matters, or None for events without a subject."""
        if self.envelope.subject is None or self.envelope.sequence is None:
            return None
        return (self.subscription.name, self.envelope.topic, self.envelope.subject)


@dataclass(slots=True)
class Taken:
    """Claims that were new, in order, and what is known of their lanes."""

    fresh: Sequence[Claim]
    seen: dict[Lane, int]
    """The last sequence each lane had applied before these claims; lanes that are past them all are left out."""
    blocked: dict[Lane, int]
    """The last sequence that waits in each lane with an open dead letter; 0 where it has none."""


class Inbox:
    """Applies claims inside a transaction of one service's schema."""

    def __init__(self, schema: str, routes: Routes, settings: Settings) -> None:
        self._schema = schema
        self._letters = mechanism(schema).dead_letter
        self._routes = routes
        self.settings = settings

    async def apply(self, session: AsyncSession, claims: Sequence[Claim], now: datetime) -> None:
        """Apply each claim that is new, in order, in the caller's transaction.

        A claim already in the inbox is skipped; one older than its lane's last is stale; one whose lane has an open
        dead letter joins the wait.
        """
        if len(claims) > _READ_AT_ONCE:
            stock, _ = await asyncio.gather(self.take_up(session, claims), self._read(claims))
        else:
            stock = await self.take_up(session, claims)
        due: dict[str, list[Claim]] = {}
        for claim in stock.fresh:
            lane, sequence = claim.lane, claim.envelope.sequence
            if lane is not None and lane in stock.blocked:
                if claim.envelope.replay and sequence is not None and sequence <= stock.blocked[lane]:
                    # State sent again: the event it repeats waits here already, so another letter says nothing new.
                    continue
                await self._set_aside(session, claim, state="waiting", reason="subject_waits")
                continue
            if lane is not None and sequence is not None:
                if lane not in stock.seen or sequence <= stock.seen[lane]:
                    if not claim.envelope.replay:
                        await run_sql(session, _STALE.format(schema=self._schema), *lane)
                    continue
                stock.seen[lane] = sequence
            due.setdefault(claim.subscription.name, []).append(claim)
        for claims_due in due.values():
            await self.run(session, claims_due, now)

    async def run(self, session: AsyncSession, claims: Sequence[Claim], now: datetime) -> None:
        """Call one subscription's handler for these claims, without asking the inbox."""
        subscription = claims[0].subscription
        events = [claim.event(self._routes) for claim in claims]
        deliveries = [self._delivery(claim.envelope, now) for claim in claims]
        if subscription.batch:
            # Several acts in one call: what it publishes belongs to none of them.
            parents, began = {claim.envelope.traceparent for claim in claims}, datetime.now(UTC)
            with following(parents.pop() if len(parents) == 1 else None, subscription.name):
                await subscription.handler(session, events, deliveries)
            for parent in parents:
                add_span(parent, subscription.name, "consumer", began)
            return
        with following(None):
            for claim, event, delivery in zip(claims, events, deliveries, strict=True):
                about = claim.envelope
                if not recording():
                    # Without a block for each, which every event would pay for.
                    traceparent.set(about.traceparent)
                    await subscription.handler(session, event, delivery)
                    continue
                with following(about.traceparent, subscription.name, event_id=about.event_id, topic=about.topic):
                    await subscription.handler(session, event, delivery)

    async def _read(self, claims: Sequence[Claim]) -> None:
        """Read the events while the database looks into the inbox; ``run`` reports those that cannot be read."""
        for number, claim in enumerate(claims):
            if number % _READ_AT_ONCE == 0:
                await asyncio.sleep(0)
            try:
                claim.event(self._routes)
            except (ValidationError, PermanentError):
                continue

    async def bury(self, session: AsyncSession, claim: Claim, reason: str) -> bool:
        """Make the claim a dead letter, unless it was applied or buried before (by another process, or earlier)."""
        fresh, _ = await self._claim(session, [claim], {})
        if not fresh:
            return False
        await self._set_aside(session, claim, state="dead", reason=reason)
        return True

    async def _set_aside(self, session: AsyncSession, claim: Claim, *, state: str, reason: str) -> None:
        envelope = claim.envelope
        await insert_new(
            session,
            self._letters,
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

    async def mark_applied(self, session: AsyncSession, claim: Claim) -> bool:
        """Raise the lane's last sequence for a re-driven claim; False when something newer was applied already."""
        lane, sequence = claim.lane, claim.envelope.sequence
        if lane is None or sequence is None:
            return True
        return bool(await run_sql(session, _RAISE.format(schema=self._schema), *lane, sequence))

    def _delivery(self, envelope: Envelope, now: datetime) -> Delivery:
        return Delivery(now, self.settings, envelope.event_id, envelope.sequence, envelope.replay, envelope.occurred_at)

    async def take_up(self, session: AsyncSession, claims: Sequence[Claim]) -> Taken:
        """Insert the claims' inbox rows, and raise their lanes to the newest of those that were new."""
        fresh, lanes = await self._claim(session, claims, _newest(claims))
        if 0 < len(fresh) < len(claims):
            _, lanes = await self._claim(session, [], _newest(fresh))
        stock = Taken(fresh, {}, {})
        for kind, handler, topic, subject, _, sequence in lanes:
            places, lane = stock.blocked if kind == "waits" else stock.seen, (handler, topic, subject)
            places[lane] = max(places.get(lane, 0), sequence or 0)
        return stock

    async def _claim(
        self, session: AsyncSession, claims: Sequence[Claim], newest: dict[Lane, int]
    ) -> tuple[list[Claim], Sequence[Any]]:
        """The claims that were new, in order; and where that is all of them, ``_TAKE``'s rows about their lanes."""
        rows = await run_sql(
            session,
            _TAKE.format(schema=self._schema),
            [claim.subscription.name for claim in claims],
            [claim.envelope.event_id for claim in claims],
            *([lane[column] for lane in newest] for column in range(3)),
            list(newest.values()),
        )
        if any(row.told == "all" for row in rows):
            return list(claims), [row for row in rows if row.told != "all"]
        new = {(row.handler, row.event) for row in rows}
        fresh = []
        for claim in claims:
            key = (claim.subscription.name, claim.envelope.event_id)
            if key in new:
                new.remove(key)
                fresh.append(claim)
        return fresh, ()


def _newest(claims: Sequence[Claim]) -> dict[Lane, int]:
    """The highest sequence of each lane."""
    newest: dict[Lane, int] = {}
    for claim in claims:
        lane, sequence = claim.lane, claim.envelope.sequence
        if lane is not None and sequence is not None:
            newest[lane] = max(newest.get(lane, 0), sequence)
    return newest
