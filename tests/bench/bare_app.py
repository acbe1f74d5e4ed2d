"""The floor of a form POST: what Starlette and asyncpg do for one transaction of two inserts, and nothing else."""

import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

_TABLES = """
create table if not exists public.bare_row (id uuid primary key, content text);
create table if not exists public.bare_outbox (id bigint generated always as identity primary key, content text);
"""


@asynccontextmanager
async def _pool(app: Starlette) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["BENCH_DATABASE_URL"], min_size=10, max_size=10) as pool:
        await pool.execute(_TABLES)
        app.state.pool = pool
        yield


async def take(request: Request) -> Response:
    """Store the form."""
    form = dict(parse_qsl((await request.body()).decode()))
    async with request.app.state.pool.acquire() as connection, connection.transaction():
        await connection.execute("insert into public.bare_row values ($1, $2)", uuid.uuid4(), str(form))
        await connection.execute("insert into public.bare_outbox (content) values ($1)", str(form))
    return RedirectResponse("/sent", 303)


app = Starlette(routes=[Route("/join", take, methods=["POST"])], lifespan=_pool)
