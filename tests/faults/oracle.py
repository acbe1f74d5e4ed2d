"""Compares what was acknowledged and what was mailed with all five schemas: I1 to I10 of the reliability floor."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from deploy.demo.people import Person
from shared.cli import load_service
from shared.messaging.subscription import Routes
from shared.services import SERVICES
from tests.faults.load import SAID, Acknowledged

_BUSY = {
    "outbox rows": " union all ".join(f"select count(*) as n from {schema}.outbox" for schema in SERVICES),
    "mails on their way": "select count(*) from notifications.message where state in ('pending', 'sending', 'waiting')",
    "surveys inviting": "select count(*) from surveys.survey where inviting",
}


@dataclass
class Verdict:
    """One line per invariant: whether it holds, and its numbers."""

    holds: dict[str, bool] = field(default_factory=dict)
    numbers: dict[str, dict[str, int]] = field(default_factory=dict)
    lost: int = 0
    doubled: int = 0
    unknown: int = 0

    def enter(self, name: str, wrong: int, **numbers: int) -> None:
        """An invariant holds when nothing is wrong."""
        self.holds[name] = wrong == 0
        self.numbers[name] = {**numbers, "wrong": wrong}

    @property
    def fine(self) -> bool:
        """Every invariant holds."""
        return all(self.holds.values())


class Oracle:
    """Looks at one database from outside, as its owner."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        handlers = [
            (service, event_type.split(".", 1)[0], subscription.name, event_type)
            for service in SERVICES
            for event_type, subscriptions in Routes(load_service(service).handlers).by_type.items()
            for subscription in subscriptions
        ]
        archives = " union all ".join(
            f"select '{schema}' as publisher, type, event_id from {schema}.{table}"
            for schema in SERVICES
            for table in ("archive", "archive_restricted")
        )
        inboxes = " union all ".join(f"select '{schema}' as service, handler, event_id from {schema}.inbox"
                                     for schema in SERVICES)  # fmt: skip
        values = ", ".join(f"{handler}" for handler in handlers)
        self._missing = f"""
            with archived as ({archives}), applied as ({inboxes}),
            wanted (service, publisher, handler, type) as (values {values})
            select count(*) from archived a join wanted w on w.publisher = a.publisher and w.type = a.type
            where not exists (
                select 1 from applied i
                where i.service = w.service and i.handler = w.handler and i.event_id = a.event_id
            )
        """

    async def lag(self) -> dict[str, int]:
        """What is still on its way; empty when nothing is. Raises while the database is away."""
        connection = await asyncpg.connect(self._url, timeout=5)
        try:
            numbers = {name: sum(row[0] for row in await connection.fetch(sql)) for name, sql in _BUSY.items()}
            numbers["events not applied"] = await self._not_applied(connection)
        finally:
            await connection.close()
        return {name: number for name, number in numbers.items() if number}

    async def without_mail(self) -> set[tuple[str, str]]:
        """(Purpose, address) of mails that ended as uncertain or refused. Raises while the database is away."""
        connection = await asyncpg.connect(self._url, timeout=5)
        try:
            rows = await connection.fetch(
                "select m.purpose, r.email from notifications.message m"
                " join registration.member r on r.id = m.member_id where m.state in ('unknown', 'failed')"
            )
        finally:
            await connection.close()
        return {(row["purpose"], row["email"]) for row in rows}

    async def _not_applied(self, connection: Any) -> int:
        """Pairs of an archived event and a handler of its type that has not claimed it."""
        return int(await connection.fetchval(self._missing))

    async def judge(
        self,
        record: Acknowledged,
        people: Sequence[Person],
        imported: int,
        mails: Sequence[dict[str, Any]],
        *,
        may_be_unknown: int,
        seconds_to_zero: float,
        logs: str = "",
    ) -> Verdict:
        """Every invariant, once nothing is on its way any more."""
        connection = await asyncpg.connect(self._url, timeout=30)
        try:
            verdict = Verdict()
            by_email = {person.email: person for person in people}
            await self._registrations(connection, verdict, record, people, imported)
            missing, dead = await self._not_applied(connection), await self._dead(connection)
            # No fault of the machinery is poison: a dead letter is an event that was not applied.
            verdict.lost += missing + dead
            verdict.enter("I2 every event applied", missing + dead, missing=missing, dead=dead)
            await self._mails(connection, verdict, mails, by_email, may_be_unknown)
            await self._answers(connection, verdict, record)
            await self._seats(connection, verdict, record, by_email)
            await self._erased(connection, verdict, record, people, logs)
            verdict.enter("I9 lags return to zero", int(seconds_to_zero > 120), seconds=round(seconds_to_zero))
        finally:
            await connection.close()
        return verdict

    async def _dead(self, connection: Any) -> int:
        return sum([await connection.fetchval(f"select count(*) from {schema}.dead_letter") for schema in SERVICES])

    async def _registrations(
        self, connection: Any, verdict: Verdict, record: Acknowledged, people: Sequence[Person], imported: int
    ) -> None:
        rows = await connection.fetch("select email from registration.member where status in ('active', 'paused')")
        there = Counter(row["email"] for row in rows)
        expected = {p.email for p in people if p.number <= imported or p.number in record.joined}
        expected -= {p.email for p in people if p.number in record.left}
        missing = len([email for email in expected if not there[email]])
        twice = sum(number - 1 for number in there.values() if number > 1)
        size = await connection.fetchval("select size from registration.panel")
        copies = await connection.fetchval("select count(*) from surveys.member where status in ('active', 'paused')")
        verdict.lost += missing
        verdict.doubled += twice
        wrong = missing + twice + abs(size - len(rows)) + abs(copies - len(rows))
        verdict.enter(
            "I1 acknowledged is there", wrong, acknowledged=len(expected), members=len(rows), copies=copies, size=size
        )

    async def _mails(
        self,
        connection: Any,
        verdict: Verdict,
        mails: Sequence[dict[str, Any]],
        by_email: dict[str, Person],
        may_be_unknown: int,
    ) -> None:
        deliveries = Counter(mail["message_id"].strip("<>").partition("@")[0] for mail in mails)
        rows = await connection.fetch("select id::text, state, urgent, purpose from notifications.message")
        bulk = [row for row in rows if not row["urgent"]]
        doubled = sum(max(deliveries[row["id"]] - 1, 0) for row in bulk)
        per_person = Counter(mail["to"][0] for mail in mails if mail["subject"].startswith("Ny undersøkelse"))
        doubled += sum(number - 1 for number in per_person.values())
        vanished = sum(row["state"] == "sent" and not deliveries[row["id"]] for row in rows)
        unsaid = sum(row["state"] not in ("sent", "unknown") and deliveries[row["id"]] > 0 for row in bulk)
        strangers = sum(email not in by_email for email in per_person)
        states = Counter(row["state"] for row in bulk)
        verdict.doubled += doubled
        verdict.lost += vanished
        verdict.unknown = states["unknown"]
        verdict.enter("I3 survey mail at most once", doubled + vanished + unsaid + strangers, mails=len(bulk), **states)
        verdict.enter("I4 unknown is bounded", max(states["unknown"] - may_be_unknown, 0), unknown=states["unknown"],
                      bound=may_be_unknown)  # fmt: skip

    async def _answers(self, connection: Any, verdict: Verdict, record: Acknowledged) -> None:
        survey = await connection.fetchrow("select answered, released, cell_minimum from surveys.survey")
        count = await connection.fetchval("select count(*) from results.answer")
        tombs = await connection.fetchval("select count(*) from surveys.invitation where answered_at is not null")
        answers, releases = survey["answered"] or 0, survey["released"] or 0
        # Fewer answers than a cell must have are not released at all.
        releasable = answers if answers >= survey["cell_minimum"] else 0
        verdict.lost += max(len(record.answered) - count, 0) if releasable else 0
        verdict.doubled += max(count - releasable, 0)
        # Somebody may have answered without hearing so; nobody who heard so may be missing.
        wrong = max(len(record.answered) - answers, 0) + abs(releasable - releases) + abs(releases - count)
        missing, twice = await self._by_their_words(connection, record) if releasable else (0, 0)
        verdict.enter("I5 answers counted are those given", wrong + missing + twice, acknowledged=len(record.answered),
                      answered=answers, released=releases, counted=count, invitations=tombs,
                      missing=missing, twice=twice)  # fmt: skip
        await self._recounted(connection, verdict, count)

    async def _by_their_words(self, connection: Any, record: Acknowledged) -> tuple[int, int]:
        """How many were thanked and have no answer with what they wrote; how many have two."""
        rows = await connection.fetch("select answers::text as answers from results.answer")
        numbers = Counter(int(number) for row in rows for number in set(SAID.findall(row["answers"])))
        return sum(not numbers[number] for number in record.answered), sum(times > 1 for times in numbers.values())

    async def _recounted(self, connection: Any, verdict: Verdict, counted: int) -> None:
        """Every number of every published question, counted again from the raw answers."""
        publications = await connection.fetch("select survey_id, arrived, counted from results.publication")
        wrong = sum(abs(row["arrived"] - counted) for row in publications)
        numbers = 0
        for row in publications:
            for question in json.loads(row["counted"]):
                figures = {None: question["base"], **question["counts"]}
                for code, number in figures.items():
                    again = await connection.fetchval(
                        "select count(*) from results.answer where survey_id = $1 and answers ? $2::text"
                        " and ($3::text is null or answers ->> $2::text = $3 or answers -> $2::text ? $3)",
                        row["survey_id"], question["id"], code,
                    )  # fmt: skip
                    wrong += abs(again - number)
                    numbers += 1
        verdict.enter("I6 shown is recounted", wrong, publications=len(publications), numbers=numbers)

    async def _seats(
        self, connection: Any, verdict: Verdict, record: Acknowledged, by_email: dict[str, Person]
    ) -> None:
        """Never more live invitations than seats, nobody twice, and every reply that was acknowledged."""
        meetings = await connection.fetch(
            """
            select seats, count(i.id) filter (where i.state in ('invited', 'accepted')) as live,
                count(i.id) filter (where i.state = 'accepted') as accepted
            from meetings.meeting m left join meetings.invitation i on i.meeting_id = m.id group by m.id
            """
        )
        over = sum(max(row["live"] - row["seats"], 0) for row in meetings)
        twice = await connection.fetchval(
            "select count(*) - count(distinct (meeting_id, member_id)) from meetings.invitation"
            " where member_id is not null"
        )
        # Everybody keeps a chance, and what a group cannot fill goes to the others: a quota holds to a seat's rounding,
        # and only where there are people to choose between.
        unmet = await connection.fetchval(
            """
            select count(*) from meetings.meeting m, jsonb_to_recordset(protocol)
                as line (quota double precision, drawn integer)
            where quota > 0 and abs(drawn - quota) >= 2 and not exists (
                select from jsonb_to_recordset(m.protocol) as small (pool integer, quota double precision)
                where small.pool < small.quota
            )
            """
        )
        rows = await connection.fetch(
            "select r.email, i.state from meetings.invitation i join registration.member r on r.id = i.member_id"
        )
        stands = {by_email[row["email"]].number: row["state"] for row in rows if row["email"] in by_email}
        lapses = sum(stands.get(number) != "accepted" for number in record.accepted - record.left)
        lapses += sum(stands.get(number) != "declined" for number in record.declined - record.left)
        verdict.lost += lapses
        verdict.doubled += twice
        verdict.enter("I7 seats and quotas", over + twice + unmet + lapses,
                      seats=sum(row["seats"] for row in meetings), accepted=sum(row["accepted"] for row in meetings),
                      over=over, twice=twice, quotas_unmet=unmet, replies_forgotten=lapses)  # fmt: skip

    async def _erased(
        self, connection: Any, verdict: Verdict, record: Acknowledged, people: Sequence[Person], logs: str
    ) -> None:
        leavers = [person for person in people if person.number in record.left]
        traces = await self._traces(connection, [p.email for p in leavers])
        erasures = await connection.fetchval("select count(*) from registration.member where status = 'erased'")
        logged = sum(logs.count(person.email) for person in leavers)
        verdict.enter("I8 nothing of the erased", traces + logged + abs(erasures - len(leavers)), erased=len(leavers),
                      traces=traces, logged=logged)  # fmt: skip
        still = await connection.fetchval(
            """
            select (select count(*) from surveys.member m join registration.member r on r.id = m.id
                    where r.status = 'erased')
                 + (select count(*) from notifications.contact c join registration.member r on r.id = c.member_id
                    where r.status = 'erased' and not c.removed)
                 + (select count(*) from surveys.invitation i join registration.member r on r.id = i.member_id
                    where r.status = 'erased')
                 + (select count(*) from meetings.invitation i join registration.member r on r.id = i.member_id
                    where r.status = 'erased')
                 + (select count(*) from meetings.member m join registration.member r on r.id = m.id
                    where r.status = 'erased' and not m.erased)
            """
        )
        verdict.enter("I10 nothing done for the erased", still, erased=len(leavers))

    async def _traces(self, connection: Any, addresses: Sequence[str]) -> int:
        tables = await connection.fetch(
            "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = any($1)",
            list(SERVICES),
        )
        patterns = [f"%{mark}%" for email in addresses for mark in (email, email.encode().hex())]
        if not patterns:
            return 0
        return sum(
            [
                await connection.fetchval(f"select count(*) from {row['name']} t where t::text like any($1)", patterns)
                for row in tables
            ]
        )
