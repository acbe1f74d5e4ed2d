"""Checks that a schema is as new as the code that will use it."""

from datetime import UTC, datetime
from importlib import resources

import asyncpg
import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from shared.causes import causes
from shared.patience import outlast
from shared.service import Runtime

log = structlog.get_logger()

#: Seconds by which the machine's clock may differ from the database's.
_CLOCKS_APART = 5.0


class SchemaTooOld(Exception):
    """Migrations of this release have not run yet; the text says which table holds what instead of what."""


async def await_schema(runtime: Runtime) -> None:
    """Return once the service's schema is at least as new as this code; log each reason for waiting once.

    A newer one is no reason to wait: migrations run while the release before still serves, and only widen.
    """
    said = ""

    async def look() -> None:
        async with runtime.transaction() as session:
            note_clock((await session.scalars(sa.select(sa.func.clock_timestamp()))).one(), datetime.now(UTC))
            for table, newest in _newest(runtime.service.package).items():
                version = await _stored(session, table)
                if version < newest:
                    raise SchemaTooOld(
                        f"{runtime.name}.{table} is at {version or 'nothing'}, this release needs {newest}"
                    )
                if version > newest:
                    log.warning("service.schema.newer", table=table, stored=version, code=newest)

    def failed(error: BaseException, _: int) -> None:
        nonlocal said
        # The driver's own error is the last cause.
        reason = str(error) if isinstance(error, SchemaTooOld) else type(list(causes(error))[-1]).__name__
        runtime.health.awaiting = "schema" if isinstance(error, SchemaTooOld) else "database"
        if reason != said:
            log.warning(f"service.{runtime.health.awaiting}.awaited", reason=reason)
        said = reason

    runtime.health.awaiting = "database"
    waits_for = (SchemaTooOld, OSError, asyncpg.PostgresError, asyncpg.InterfaceError, sa.exc.DBAPIError)
    await outlast(look, lambda error: isinstance(error, waits_for), longest=2.0, failed=failed)
    runtime.health.awaiting = ""
    if said:
        log.info("service.database.went_on")


def note_clock(database: datetime, machine: datetime) -> bool:
    """Whether the two clocks agree; a log line says by how much they do not. Cookies, leases and links need both."""
    apart = abs((database - machine).total_seconds())
    if apart > _CLOCKS_APART:
        log.error("service.clock.differs_from_the_database", seconds=round(apart, 1))
    return apart <= _CLOCKS_APART


def _newest(package: str) -> dict[str, str]:
    """By version table, the number of the newest migration in the code: the mechanism's, and the service's own."""
    packages = {"mechanism_version": "shared", "schema_version": package}
    # A service that is only mechanism has no tables of its own.
    return {table: _last(name) for table, name in packages.items() if table == "mechanism_version" or name != "shared"}


def _last(package: str) -> str:
    folder = resources.files(package).joinpath("migrations", "versions")
    return max(file.name[:4] for file in folder.iterdir() if file.name[:4].isdecimal())


async def _stored(session: AsyncSession, table: str) -> str:
    """The number in the schema; empty when there is no such table, or no right to look into it yet."""
    schema = session.info["schema"]
    there = sa.text("select to_regclass(:name) is not null and has_table_privilege(to_regclass(:name), 'select')")
    visible = sa.text("select has_schema_privilege(oid, 'usage') from pg_namespace where nspname = :schema")
    if not await session.scalar(visible, {"schema": schema}):
        return ""
    if not await session.scalar(there, {"name": f'"{schema}".{table}'}):
        return ""
    return str(await session.scalar(sa.text(f'select version_num from "{schema}".{table}')) or "")
