"""Migrations: one schema per service with two Alembic trees, its own and the mechanism's; roles that reach their own.

Migrations run while the release before still serves: they add (expand); what the old release needs goes in a later one
(contract). A change of the mechanism's tables is one file in ``versions`` here and reaches all five schemas.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib import resources

import asyncpg
import sqlalchemy as sa
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.database import make_engine
from shared.refusal import Refusal


async def migrate(
    owner_url: str, services: Sequence[str], revision: str = "head", *, prefix: str = "panel", must_exist: bool = False
) -> None:
    """Bring every service's schema to ``revision``, as the owner; safe to call from several places at once.

    Rights go to the installation's roles ``<prefix>_<service>``, where there are such; with ``must_exist`` Refusal
    names the one that is missing, and nothing has been done.
    """
    engine = make_engine(owner_url, application_name="panel-migrate")
    try:
        if must_exist:
            async with _reached(engine) as connection:
                for role in (f"{prefix}_{service}" for service in services):
                    if not await connection.run_sync(_exists, role):
                        raise Refusal(f"The role {role} is not in Postgres yet: make it, and migrate again.")
        for service in services:
            async with engine.begin() as connection:
                await connection.execute(sa.text("select pg_advisory_xact_lock(hashtextextended('panel.migrate', 0))"))
                await connection.execute(sa.text(f'create schema if not exists "{service}"'))
                await connection.run_sync(upgrade_mechanism, service, revision)
                await connection.run_sync(
                    _upgrade, service, f"services.{service}.migrations", "schema_version", revision
                )
                await connection.run_sync(grant, service, f"{prefix}_{service}")
    finally:
        await engine.dispose()


def upgrade_mechanism(connection: sa.Connection, schema: str, revision: str = "head") -> None:
    """Bring the tables of shared mechanism in ``schema``, which exists, to ``revision``."""
    _upgrade(connection, schema, "shared.migrations", "mechanism_version", revision)


def _upgrade(connection: sa.Connection, schema: str, package: str, version_table: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(resources.files(package)))
    script = ScriptDirectory.from_config(config)

    def steps(stored: object, context: MigrationContext) -> object:
        return script._upgrade_revs(revision, stored)  # type: ignore[arg-type]

    with EnvironmentContext(config, script, fn=steps) as environment:
        environment.configure(
            connection=connection, version_table=version_table, version_table_schema=schema, transactional_ddl=False
        )
        with Operations.context(environment.get_context()):
            environment.run_migrations()


def grant(connection: sa.Connection, service: str, role: str) -> None:
    """Give the service's role its own schema, and nothing that makes or drops tables; skipped if there is no role."""
    if not _exists(connection, role):
        return
    for statement in (
        f'grant usage on schema "{service}" to "{role}"',
        f'grant select, insert, update, delete on all tables in schema "{service}" to "{role}"',
        f'grant usage, select on all sequences in schema "{service}" to "{role}"',
        f'grant execute on all functions in schema "{service}" to "{role}"',
        f'alter default privileges in schema "{service}" grant select, insert, update, delete on tables to "{role}"',
    ):
        connection.execute(sa.text(statement))


@asynccontextmanager
async def _reached(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection; Refusal that names the place when the server does not let us in."""
    try:
        connection = await engine.connect()
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, sa.exc.DBAPIError) as error:
        reason = type(getattr(error, "orig", None) or error).__name__
        raise Refusal(
            f"Postgres at {engine.url.host}:{engine.url.port or 5432} does not let us in ({reason}): "
            "check PANEL_DATABASE_URL."
        ) from error
    try:
        yield connection
    finally:
        await connection.close()


def _exists(connection: sa.Connection, role: str) -> bool:
    return bool(connection.scalar(sa.text("select 1 from pg_roles where rolname = :role"), {"role": role}))
