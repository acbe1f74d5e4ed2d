"""Each service's database role reaches its own schema and no other."""

import asyncio
from urllib.parse import quote
from uuid import uuid4

import asyncpg
import pytest

from deploy.local.servers import Backends
from shared.migrations import migrate
from shared.roles import create_database, create_service_roles
from shared.services import SERVICES

#: Also of roles: the server's other installations have their own.
PREFIX = f"roles_{uuid4().hex[:8]}"


@pytest.fixture(scope="module")
def urls(own_backends: Backends) -> dict[str, str]:
    """A migrated database; URL per service."""
    owner = asyncio.run(create_database(own_backends.database_url, PREFIX, uuid4().hex))
    passwords = {service: uuid4().hex for service in SERVICES}
    addresses = asyncio.run(create_service_roles(own_backends.database_url, owner, PREFIX, passwords))
    asyncio.run(migrate(owner, SERVICES, prefix=PREFIX))
    return addresses


async def tables(url: str) -> list[tuple[str, str]]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where c.relkind in ('r', 'p', 'v', 'S') and n.nspname = any($1)",
            list(SERVICES),
        )
        return [(row[0], row[1]) for row in rows]
    finally:
        await connection.close()


@pytest.mark.parametrize("service", SERVICES)
async def test_a_role_cannot_read_another_schema(urls: dict[str, str], service: str) -> None:
    open_tables = await tables(urls[service])
    assert {schema for schema, _ in open_tables} == set(SERVICES)
    connection = await asyncpg.connect(urls[service])
    try:
        for schema, table in open_tables:
            statement = f'select 1 from "{schema}"."{table}" limit 1'
            if schema == service:
                await connection.execute(statement)
            else:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(statement)
    finally:
        await connection.close()


@pytest.mark.parametrize("service", SERVICES)
async def test_a_role_makes_and_drops_no_tables(urls: dict[str, str], service: str) -> None:
    connection = await asyncpg.connect(urls[service])
    try:
        for statement in (
            f'create table "{service}".mine (id int)',
            "create table public.mine (id int)",
            "create schema mine",
            f'drop table "{service}".outbox',
            f"create role {service}_two",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()


async def test_a_stuck_transaction_of_a_role_is_ended(urls: dict[str, str]) -> None:
    connection = await asyncpg.connect(urls["surveys"])
    try:
        assert await connection.fetchval("show idle_in_transaction_session_timeout") == "30s"
    finally:
        await connection.close()


@pytest.mark.usefixtures("urls")
async def test_an_owner_who_is_no_superuser_may_start_again_and_again(own_backends: Backends) -> None:
    """As with PANEL_DATABASE_URL of somebody else's Postgres: a strange password, a strange name, a TLS setting."""
    name, password = f"Kommune-{uuid4().hex[:8]}", "p@ss/w:o?rd#% Å"
    admin = await asyncpg.connect(own_backends.database_url)
    try:
        await admin.execute(f"create role \"{name}\" login createrole password '{password}'")
        await admin.execute(f'create database "{name}" owner "{name}"')
        place = own_backends.database_url.rpartition("@")[2].partition("/")[0]
        url = f"postgresql://{name}:{quote(password, safe='')}@{place}/{name}?sslmode=disable"
        for _ in range(2):
            addresses = await create_service_roles(url, url, name, {service: uuid4().hex for service in SERVICES})
            await migrate(url, SERVICES, prefix=name)
            assert {address.partition("?")[2] for address in addresses.values()} == {"sslmode=disable"}
            assert {schema for schema, _ in await tables(addresses["surveys"])} == set(SERVICES)
    finally:
        await admin.close()
