"""Migrations: a fresh schema is what the code expects; one of the first release comes to the same, with its rows."""

import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from shared.database import async_url
from shared.mechanism import mechanism
from shared.migrations import migrate
from shared.services import SERVICES
from tests.backends import administer

#: One row in every table as 0001 made it, per service; what a new migration does to rows is tried on them.
_ROWS = Path(__file__).parent / "rows_of_0001"
_SHAPE = """
select table_name || '.' || column_name as name,
    concat_ws(' ', data_type, udt_name, is_nullable, column_default, is_identity) as what
from information_schema.columns where table_schema = :schema
union all select conname, pg_get_constraintdef(oid) from pg_constraint
where connamespace = cast(:schema as regnamespace)
union all select indexname, indexdef from pg_indexes where schemaname = :schema
union all select proname, pg_get_functiondef(oid) from pg_proc where pronamespace = cast(:schema as regnamespace)
order by 1, 2
"""


@asynccontextmanager
async def database(owner_url: str, name: str) -> AsyncIterator[str]:
    """An empty database's URL; it is gone after the block."""
    url = async_url(owner_url).set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    await administer(owner_url, f'drop database if exists "{name}" with (force)')
    await administer(owner_url, f'create database "{name}"')
    try:
        yield url
    finally:
        await administer(owner_url, f'drop database "{name}" with (force)')


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[AsyncConnection]:
    """A connection whose changes are kept."""
    engine = create_async_engine(async_url(url))
    try:
        async with engine.begin() as connection:
            yield connection
    finally:
        await engine.dispose()


async def shape(url: str, service: str) -> list[tuple[str, str]]:
    """Every column, constraint, index and function of the schema, each with its definition."""
    async with connected(url) as connection:
        return [(row.name, row.what) for row in await connection.execute(sa.text(_SHAPE), {"schema": service})]


async def rows_by_table(url: str, service: str) -> dict[str, int]:
    """How many rows each table holds; an archive's days are in their parent."""
    tables = (
        "select relname from pg_class where relnamespace = cast(:schema as regnamespace)"
        " and relkind in ('r', 'p') and not relispartition and relname not like '%\\_version'"
    )
    async with connected(url) as connection:
        names = (await connection.scalars(sa.text(tables), {"schema": service})).all()
        return {
            name: await connection.scalar(sa.text(f'select count(*) from "{service}"."{name}"')) or 0 for name in names
        }


def differences(connection: sa.Connection, service: str) -> list[Any]:
    """What alembic would change in the service's schema, which holds nothing but its own and the mechanism's tables."""

    def is_ours(name: str | None, kind: str, parents: Any) -> bool:
        if kind == "schema":
            return name == service
        # Each day of an archive is a table of its own, with its own copies of the indexes.
        return kind != "table" or not (name or "").startswith(("archive_2", "archive_restricted_2", "mechanism_v"))

    context = MigrationContext.configure(
        connection,
        opts={
            "include_schemas": True,
            "include_name": is_ours,
            "compare_type": True,
            "compare_server_default": True,
            "version_table": "schema_version",
            "version_table_schema": service,
        },
    )
    own: sa.MetaData = importlib.import_module(f"services.{service}.tables").metadata
    return list(compare_metadata(context, [own, mechanism(service).metadata]))  # type: ignore[arg-type]


@pytest.mark.parametrize("service", SERVICES)
async def test_the_migrated_schema_is_what_the_code_expects(service: str, owner_url: str) -> None:
    async with database(owner_url, f"panel_test_migrated_{service}") as url:
        await migrate(url, [service])
        async with connected(url) as connection:
            assert await connection.run_sync(differences, service) == []


@pytest.mark.parametrize("service", SERVICES)
async def test_a_database_of_the_first_release_comes_to_the_same_with_its_rows(service: str, owner_url: str) -> None:
    """Migrations that work on empty tables alone are found at the first installation that has been used."""
    async with (
        database(owner_url, f"panel_test_used_{service}") as old,
        database(owner_url, f"panel_test_fresh_{service}") as fresh,
    ):
        await migrate(old, [service], "0001")
        first = await rows_by_table(old, service)
        async with connected(old) as connection:
            for statement in (_ROWS / f"{service}.sql").read_text(encoding="utf-8").split(";\n"):
                if "insert" in statement:
                    await connection.exec_driver_sql(statement)
        before = await rows_by_table(old, service)
        assert [name for name, rows in before.items() if rows == first[name]] == [], "a table without a row"
        await migrate(old, [service])
        await migrate(fresh, [service])
        assert await shape(old, service) == await shape(fresh, service)
        after = await rows_by_table(old, service)
        assert {name: rows for name, rows in before.items() if after.get(name, rows) < rows} == {}


async def test_tables_made_before_the_mechanism_had_a_tree_of_its_own_are_taken_over(owner_url: str) -> None:
    async with database(owner_url, "panel_test_taken_over") as url:
        await migrate(url, ["results"], "0001")
        async with connected(url) as connection:
            await connection.execute(sa.text("drop table results.mechanism_version"))
        await migrate(url, ["results"])
        async with connected(url) as connection:
            assert await connection.run_sync(differences, "results") == []
