"""A process in which everything fails on a row that holds an address; run by test_logs to read what it writes.

``python -m tests.shared.leaking DATABASE_URL CLOCK_FILE``: the schema ``example`` has ``person (email)``, unique.
"""

import asyncio
import gc
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import sqlalchemy as sa
import uvicorn
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shared.events.registration import MemberJoined
from shared.logs import configure_logs
from shared.messaging import subscribe
from shared.process import run_job
from shared.service import Job, Runtime, Service, make_runtime
from shared.testing import PUBLIC_URL, Deliverer, test_settings
from shared.web import build_app, runtime
from tests.backends import eventually
from tests.shared.test_inbox import joined

ADDRESS = "hemmelig.person@example.org"


async def add_person(session: AsyncSession) -> None:
    await session.execute(sa.text("insert into example.person values (:email)"), {"email": ADDRESS})


async def page(request: Request) -> Response:
    async with runtime(request).transaction() as session:
        await add_person(session)
    return Response("")


async def handler(session: AsyncSession, event: Any, delivery: Any) -> None:
    await add_person(session)


class Work:
    """A job that fails for good, and says that it has run."""

    def __init__(self) -> None:
        self.runs = 0

    async def run(self, rt: Runtime) -> None:
        self.runs += 1
        async with rt.transaction() as session:
            await add_person(session)


async def main(url: str, clock: Path) -> None:
    service = Service(
        name="example", package="shared", pages=[Route("/", page)], handlers=[subscribe("x", handler, MemberJoined)]
    )
    rt = make_runtime(service, test_settings(url, clock))
    server = uvicorn.Server(uvicorn.Config(build_app(rt, service.pages, None), port=0, log_config=None))
    serving = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with httpx.AsyncClient() as client:
        # Only the public host is served.
        served = {"Host": urlsplit(PUBLIC_URL).netloc}
        assert (await client.get(f"http://127.0.0.1:{port}/", headers=served)).status_code == 500
    work = Work()
    job = asyncio.create_task(run_job(rt, Job("leak", work.run, every=0.1)))
    await eventually(lambda: work.runs > 1)
    job.cancel()
    await Deliverer(rt)(joined())
    task = asyncio.create_task(work.run(rt))
    await asyncio.wait([task])
    del task
    gc.collect()
    server.should_exit = True
    await serving
    await work.run(rt)


if __name__ == "__main__":
    configure_logs("example")
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
