"""Database roles: an owner that migrates, and one role per service that reaches its own schema and nothing else."""

from collections.abc import Mapping
from urllib.parse import urlsplit

import asyncpg

from deploy.local.errors import StackError

OWNER = "panel_owner"


async def create_database(admin_url: str, database: str, owner_password: str) -> str:
    """Make the owner role and the database where missing; the owner's URL."""
    connection = await _connect(admin_url)
    try:
        await _create_role(connection, OWNER, owner_password)
        if not await connection.fetchval("select 1 from pg_database where datname = $1", database):
            await connection.execute(f'create database "{database}" owner "{OWNER}"')
        await connection.execute(f'revoke all on database "{database}" from public')
    finally:
        await connection.close()
    place = urlsplit(admin_url).netloc.rpartition("@")[2]
    return f"postgresql://{OWNER}:{owner_password}@{place}/{database}"


async def create_service_roles(admin_url: str, database_url: str, passwords: Mapping[str, str]) -> dict[str, str]:
    """Make each service's role where missing and let it connect; URL per service.

    The rights inside the schema are given by ``migrate``, which makes the schema.
    """
    database, place = urlsplit(database_url).path.lstrip("/"), urlsplit(database_url).netloc.rpartition("@")[2]
    connection = await _connect(admin_url)
    try:
        for service, password in passwords.items():
            await _create_role(connection, service, password)
            await connection.execute(f'grant connect on database "{database}" to "{service}"')
            await connection.execute(f"alter role \"{service}\" set idle_in_transaction_session_timeout = '30s'")
    except asyncpg.InsufficientPrivilegeError as error:
        raise StackError(
            f"The role of PANEL_DATABASE_URL may not create the services' roles ({error}): give it CREATEROLE."
        ) from error
    finally:
        await connection.close()
    return {service: f"postgresql://{service}:{password}@{place}/{database}" for service, password in passwords.items()}


async def _connect(url: str) -> asyncpg.Connection:
    try:
        return await asyncpg.connect(url, timeout=10)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        place = urlsplit(url).netloc.rpartition("@")[2]
        raise StackError(
            f"Postgres at {place} does not let us in ({type(error).__name__}): check PANEL_DATABASE_URL."
        ) from error


async def _create_role(connection: asyncpg.Connection, name: str, password: str) -> None:
    exists = await connection.fetchval("select 1 from pg_roles where rolname = $1", name)
    # Passwords are hexadecimal and names come from topics.yaml: neither can end the quotes.
    verb = "alter" if exists else "create"
    await connection.execute(f"{verb} role \"{name}\" login nosuperuser nocreatedb nocreaterole password '{password}'")
