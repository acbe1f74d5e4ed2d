"""Statements that prepare a real backend for a test session."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from shared.database import async_url


async def administer(url: str, statement: str) -> None:
    """Run one statement outside a transaction, as the owner."""
    engine = create_async_engine(async_url(url), isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(sa.text(statement))
    await engine.dispose()
