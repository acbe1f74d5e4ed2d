"""Database roles: an owner that migrates, and one role per service that reaches its own schema and nothing else."""

from collections.abc import Mapping
from urllib.parse import SplitResult, unquote, urlsplit

import asyncpg

from shared.refusal import Refusal


async def create_database(admin_url: str, database: str, owner_password: str) -> str:
    """Make the owner role and the database where missing; the owner's URL."""
    connection = await _connect(admin_url)
    try:
        owner = f"{database}_owner"
        await _create_role(connection, owner, owner_password)
        if not await connection.fetchval("select 1 from pg_database where datname = $1", database):
            await connection.execute(f'create database "{database}" owner "{owner}"')
        await connection.execute(f'revoke all on database "{database}" from public')
    finally:
        await connection.close()
    return _url_of(owner, owner_password, urlsplit(admin_url)._replace(path=f"/{database}"))


async def create_service_roles(
    admin_url: str, database_url: str, prefix: str, passwords: Mapping[str, str]
) -> dict[str, str]:
    """Make each service's role ``<prefix>_<service>`` where missing and let it connect; URL per service.

    The rights inside the schema are given by ``migrate``, which makes the schema.
    """
    place = urlsplit(database_url)
    database = unquote(place.path.lstrip("/"))
    connection = await _connect(admin_url)
    try:
        for service, password in passwords.items():
            role = f"{prefix}_{service}"
            await _create_role(connection, role, password)
            await connection.execute(f'grant connect on database "{database}" to "{role}"')
            await connection.execute(f"alter role \"{role}\" set idle_in_transaction_session_timeout = '30s'")
    except asyncpg.InsufficientPrivilegeError as error:
        raise Refusal(
            f"The role of PANEL_DATABASE_URL may not create the services' roles ({error.args[0]}): give it CREATEROLE."
        ) from error
    finally:
        await connection.close()
    return {service: _url_of(f"{prefix}_{service}", password, place) for service, password in passwords.items()}


async def require_database(url: str) -> None:
    """Refusal when the given Postgres does not let us in."""
    await (await _connect(url)).close()


def _url_of(role: str, password: str, place: SplitResult) -> str:
    """The same place for another role; what stands after ``?`` (TLS, say) holds for every role."""
    return place._replace(netloc=f"{role}:{password}@{place.netloc.rpartition('@')[2]}").geturl()


async def _connect(url: str) -> asyncpg.Connection:
    try:
        return await asyncpg.connect(url, timeout=10)
    except (OSError, ValueError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        place = url.rpartition("@")[2].partition("?")[0]
        raise Refusal(
            f"Postgres at {place} does not let us in ({type(error).__name__}): check PANEL_DATABASE_URL."
        ) from error


async def _create_role(connection: asyncpg.Connection, name: str, password: str) -> None:
    exists = await connection.fetchval("select 1 from pg_roles where rolname = $1", name)
    # Passwords are hexadecimal and names come from topics.yaml: neither can end the quotes.
    # A new role may only sign in. An owner without superuser rights may not even say so again.
    verb = "alter" if exists else "create"
    await connection.execute(f"{verb} role \"{name}\" login password '{password}'")
