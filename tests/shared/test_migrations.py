"""The migrated schema is the one the code expects: a changed table needs a migration."""

import importlib
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine

from shared.cli import SERVICES
from shared.database import async_url
from shared.mechanism import mechanism
from shared.migrations import migrate
from tests.backends import administer


def differences(connection: sa.Connection, service: str) -> list[Any]:
    """What alembic would change in the service's own tables."""
    own = {table.name for table in importlib.import_module(f"services.{service}.tables").metadata.tables.values()}

    def is_own(name: str | None, kind: str, parents: Any) -> bool:
        if kind == "schema":
            return name == service
        return kind != "table" or (parents["schema_name"] == service and name in own | leftovers)

    shared_tables = {table.name for table in vars(mechanism(service)).values() if isinstance(table, sa.Table)}
    existing = set(sa.inspect(connection).get_table_names(schema=service))
    leftovers = {name for name in existing - shared_tables - {"schema_version"} if not name.startswith("archive")}
    context = MigrationContext.configure(
        connection,
        opts={"include_schemas": True, "include_name": is_own, "compare_type": True, "compare_server_default": True},
    )
    return list(compare_metadata(context, importlib.import_module(f"services.{service}.tables").metadata))


@pytest.mark.parametrize("service", SERVICES)
async def test_the_migrated_schema_is_what_the_code_expects(service: str, owner_url: str) -> None:
    name = f"panel_test_migrated_{service}"
    url = async_url(owner_url).set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    await administer(owner_url, f'drop database if exists "{name}" with (force)')
    await administer(owner_url, f'create database "{name}"')
    try:
        await migrate(url, [service])
        engine = create_async_engine(async_url(url))
        async with engine.connect() as connection:
            assert await connection.run_sync(differences, service) == []
        await engine.dispose()
    finally:
        await administer(owner_url, f'drop database "{name}" with (force)')
