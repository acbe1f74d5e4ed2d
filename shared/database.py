"""Postgres for one service: engine, transactions, naming, and the tables of shared mechanism."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, TypeVar
from uuid import uuid4

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy import URL, make_url
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, Insert
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, ORMExecuteState, Session

from shared.direct import Direct, direct

NAMING = {
    "pk": "pk_%(table_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
}

Rows = sa.Select[*tuple[Any, ...]]
Table = type[DeclarativeBase] | sa.Table
#: What statements in the driver's own words run in.
Transaction = AsyncSession | Direct

#: The database's own clock, machine time.
CLOCK = sa.text("clock_timestamp()")

#: Column types by annotation, for every service: a list of texts is an array, other lists and all mappings are JSON.
COLUMN_TYPES: Mapping[Any, Any] = {
    datetime: sa.DateTime(timezone=True),
    str: sa.Text,
    list[str]: ARRAY(sa.Text),
    list[Any]: JSONB,
    dict[str, str]: JSONB,
    dict[str, Any]: JSONB,
    dict[str, object]: JSONB,
}

#: Every role's limits: a stuck transaction would hold the relay and vacuum back for everybody.
SERVER_SETTINGS = {"idle_in_transaction_session_timeout": "30s", "timezone": "UTC"}

#: Stands in a session's ``info`` once its transaction has published something.
EMITTED = "emitted"


def async_url(url: str) -> URL:
    """The SQLAlchemy URL (asyncpg) for a ``postgresql://`` URL; its ``sslmode`` has another name there."""
    address = make_url(url).set(drivername="postgresql+asyncpg")
    mode = address.query.get("sslmode")
    return address if mode is None else address.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})


def make_engine(url: str, *, application_name: str, statement_cache: int = 100, **arguments: Any) -> AsyncEngine:
    """An engine for ``url``, whose ``sslmode`` and ``sslrootcert`` mean what they mean to libpq."""
    # The driver reads the URL itself: SQLAlchemy would hand what stands after ``?`` over as unknown arguments.
    connecting: dict[str, object] = {"dsn": url, "statement_cache_size": statement_cache}
    connecting["server_settings"] = {**SERVER_SETTINGS, "application_name": application_name}
    if statement_cache == 0:
        # SQLAlchemy prepares even then, and behind a pooler another client's statement may have the driver's next name.
        connecting |= {"prepared_statement_cache_size": 0, "prepared_statement_name_func": lambda: f"s{uuid4().hex}"}
    return create_async_engine(async_url(url).set(query={}), connect_args=connecting, **arguments)


def unnest(**columns: tuple[Any, list[Any]]) -> Any:
    """A table of parallel arrays, ``name=(type, values)``: one statement whatever the number of rows.

    It has a further column ``place``, from 1, in the arrays' order.
    """
    arrays = (sa.bindparam(f"u_{name}", values, type_=ARRAY(kind)) for name, (kind, values) in columns.items())
    return sa.func.unnest(*arrays).table_valued(*columns, with_ordinality="place").render_derived()


def insert_many(table: type[DeclarativeBase], **columns: list[Any]) -> Insert:
    """An insert of parallel arrays in their order, one statement whatever their number; say what a conflict does.

    ``table`` is a mapped class, which gives the types. Texts of an array column hold no comma: arrays of arrays would
    be unnested to their last element, so each goes joined.
    """
    kinds = {name: table.__table__.c[name].type for name in columns}
    arrays = {name for name, kind in kinds.items() if isinstance(kind, ARRAY)}
    rows = unnest(
        **{
            name: (sa.Text, [",".join(value) for value in values]) if name in arrays else (kinds[name], values)
            for name, values in columns.items()
        }
    )
    fields = [sa.func.string_to_array(rows.c[name], ",") if name in arrays else rows.c[name] for name in columns]
    return pg_insert(table).from_select(list(columns), sa.select(*fields).order_by(rows.c.place))


async def upsert(session: AsyncSession, table: Table, *conditions: sa.ColumnElement[bool], **values: object) -> None:
    """Insert the row of a mapped class or table, or bring what its key names up to date where ``conditions`` hold."""
    await session.execute(_or_update(pg_insert(table).values(**values), table, values, conditions))


async def insert_new(session: AsyncSession, table: Table, **values: object) -> bool:
    """Insert the row unless it is there already; whether it is new."""
    statement = pg_insert(table).values(**values).on_conflict_do_nothing()
    row = await session.execute(statement.returning(*sa.inspect(table).primary_key))
    return row.first() is not None


async def upsert_many(
    session: AsyncSession, table: type[DeclarativeBase], *conditions: sa.ColumnElement[bool], **columns: list[Any]
) -> None:
    """``upsert`` of parallel arrays, one statement whatever their number; no key may come twice."""
    await session.execute(_or_update(insert_many(table, **columns), table, columns, conditions))


def _or_update(
    statement: Insert, table: Table, names: Iterable[str], conditions: Sequence[sa.ColumnElement[bool]]
) -> Insert:
    keys = [column.name for column in sa.inspect(table).primary_key]
    return statement.on_conflict_do_update(
        index_elements=keys,
        set_={name: statement.excluded[name] for name in names if name not in keys},
        where=sa.and_(*conditions) if conditions else None,
    )


async def count_rows(session: AsyncSession, rows: Rows) -> int:
    """How many rows there are, on all pages of a list."""
    return await session.scalar(sa.select(sa.func.count()).select_from(rows.order_by(None).subquery())) or 0


async def hold(session: Transaction, *names: str, shared: bool = False) -> None:
    """Hold what these names stand for until the transaction ends: alone, or shared with others who hold it shared.

    The names are taken in one order, so that two that hold several cannot wait for each other. What is read under them
    must be read by a later statement.
    """
    take = f"pg_advisory_xact_lock{'_shared' if shared else ''}"
    await run_sql(
        session, f"select {take}(hashtextextended(name, 0)) from unnest($1::text[]) as held(name)", sorted(set(names))
    )


async def run_sql(session: Transaction, statement: str, *values: object) -> Sequence[Any]:
    """The rows of a statement in the driver's own words ($1, $2, …), within the transaction.

    For the few statements every event and every form goes through: building and compiling an expression costs
    SQLAlchemy several times what the driver and the database need for it. Pending objects are flushed first, as
    ``session.execute`` does. What begins with ``select`` changes nothing.
    """
    if not statement.lstrip().startswith("select"):
        session.info["changed"] = True
    if isinstance(session, Direct):
        return await session.fetch(statement, values)

    def run(session: Session) -> Sequence[Any]:
        session.flush()
        result = session.connection().exec_driver_sql(statement, values)
        return result.all() if result.returns_rows else ()

    return await session.run_sync(run)


M = TypeVar("M")


class Typed(sa.TypeDecorator[M]):
    """A JSONB column of a type pydantic knows: ``Typed(Questionnaire)``, ``Typed(tuple[AgeBand, ...])``."""

    impl = JSONB
    cache_ok = True

    def __init__(self, model: type[M]) -> None:
        super().__init__()
        self.model = model
        self._adapter = TypeAdapter(model)

    def process_bind_param(self, value: M | None, dialect: sa.Dialect) -> object:
        """What is stored."""
        del dialect
        return None if value is None else self._adapter.dump_python(value, mode="json")

    def process_result_value(self, value: object, dialect: sa.Dialect) -> M | None:
        """What was stored, unknown fields of a newer version too."""
        del dialect
        return None if value is None else self._adapter.validate_python(value)


class _Session(Session):
    """A session that knows whether its transaction may have changed something: ``info["changed"]``."""


@sa.event.listens_for(_Session, "do_orm_execute")
def _note_statement(state: ORMExecuteState) -> None:
    if not state.is_select:
        state.session.info["changed"] = True


@sa.event.listens_for(_Session, "after_flush")
def _note_flush(session: Session, _: object) -> None:
    session.info["changed"] = True


class Database:
    """One service's access to its own schema."""

    def __init__(self, url: str, schema: str, *, pool_size: int = 4, statement_cache: int = 100) -> None:
        self.url = url
        self.schema = schema
        self.on_commit: list[Callable[[], None]] = []
        """Called after those commits that may have changed something: most looks of jobs and pages change nothing."""
        self.on_emit: list[Callable[[], None]] = []
        """Called after those commits that published something: most pages do not."""
        self.engine: AsyncEngine = make_engine(
            url,
            application_name=f"panel-{schema}",
            statement_cache=statement_cache,
            pool_size=pool_size,
            max_overflow=pool_size // 2,
            pool_pre_ping=False,
            # A failing statement's parameters are people's addresses and answers.
            hide_parameters=True,
        )

    def _info(self) -> dict[str, Any]:
        return {"schema": self.schema, "locked": set()}

    def _session(self) -> AsyncSession:
        """A session whose every select reads rows afresh: what was read before a lock is old."""
        return AsyncSession(
            self.engine,
            sync_session_class=_Session,
            expire_on_commit=False,
            execution_options={"populate_existing": True},
            info=self._info(),
        )

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """One transaction: committed when the block ends, rolled back when it raises.

        Application code never commits. After a change the process's jobs are woken, and its relay if there is an
        event, so that it is on its way milliseconds later without a NOTIFY in every transaction.
        """
        async with self._session() as session:
            async with session.begin():
                yield session
            self._committed(session)

    @asynccontextmanager
    async def direct(self) -> AsyncIterator[Direct]:
        """As ``transaction``, for statements in the driver's own words alone (docs/decisions/0022-sql-by-hand.md)."""
        async with direct(self.engine, self._info()) as transaction:
            yield transaction
        self._committed(transaction)

    @asynccontextmanager
    async def rehearsal(self) -> AsyncIterator[AsyncSession]:
        """One transaction that is rolled back when the block ends, so that nobody else ever sees or hears of it."""
        async with self._session() as session:
            yield session

    def _committed(self, session: Transaction) -> None:
        emitted = session.info.pop(EMITTED, False)
        has_rows = session.info.pop("changed", False)
        for wake in (*(self.on_commit if has_rows else ()), *(self.on_emit if emitted else ())):
            wake()

    @asynccontextmanager
    async def in_parts(self) -> AsyncIterator[tuple[AsyncSession, Callable[[], Awaitable[None]]]]:
        """A session for work over all rows, and ``turn``, which commits the part done and gives up its locks."""
        async with self._session() as session:

            async def turn() -> None:
                await session.commit()
                session.info["locked"].clear()
                self._committed(session)

            yield session, turn
            await turn()

    async def close(self) -> None:
        """Close the pool."""
        await self.engine.dispose()
