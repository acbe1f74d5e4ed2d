"""The floor of a form POST: what Starlette and asyncpg do for one transaction of two inserts, and nothing else.

``/orm`` writes the same two rows through SQLAlchemy's session, as the product does: what of the way the library is.
"""

import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl

import asyncpg
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from shared.database import make_engine

_TABLES = """
create table if not exists public.bare_row (id uuid primary key, content text);
create table if not exists public.bare_outbox (id bigint generated always as identity primary key, content text);
"""


class _Base(DeclarativeBase):
    metadata = sa.MetaData(schema="public")


class _Row(_Base):
    __tablename__ = "bare_row"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    content: Mapped[str]


class _Outbox(_Base):
    __tablename__ = "bare_outbox"
    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    content: Mapped[str]


@asynccontextmanager
async def _pool(app: Starlette) -> AsyncIterator[None]:
    url = os.environ["BENCH_DATABASE_URL"]
    async with asyncpg.create_pool(url, min_size=10, max_size=10) as pool:
        await pool.execute(_TABLES)
        app.state.pool = pool
        app.state.engine = make_engine(url, application_name="bench", pool_size=10)
        yield
        await app.state.engine.dispose()


async def take(request: Request) -> Response:
    """Store the form."""
    form = dict(parse_qsl((await request.body()).decode()))
    async with request.app.state.pool.acquire() as connection, connection.transaction():
        await connection.execute("insert into public.bare_row values ($1, $2)", uuid.uuid4(), str(form))
        await connection.execute("insert into public.bare_outbox (content) values ($1)", str(form))
    return RedirectResponse("/sent", 303)


async def take_mapped(request: Request) -> Response:
    """Store the form as two mapped objects."""
    form = dict(parse_qsl((await request.body()).decode()))
    async with AsyncSession(request.app.state.engine, expire_on_commit=False) as session, session.begin():
        session.add(_Row(id=uuid.uuid4(), content=str(form)))
        session.add(_Outbox(content=str(form)))
    return RedirectResponse("/sent", 303)


_ROUTES = [Route("/join", take, methods=["POST"]), Route("/orm", take_mapped, methods=["POST"])]
app = Starlette(routes=_ROUTES, lifespan=_pool)
