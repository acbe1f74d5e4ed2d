"""Commands of the one image: serve a service, migrate, re-drive, send state again, print keys, write contracts."""

import asyncio
import importlib
import json
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from shared.logs import configure_logs
from shared.messaging.dead_letters import redriving
from shared.process import make_app
from shared.service import Runtime, Service, make_runtime
from shared.services import LINK_PURPOSES
from shared.services import SERVICES as SERVICES
from shared.settings import load_settings
from shared.tokens import decode_master_keys, derive_keys, encode_keys

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)
ServiceName = Annotated[str, typer.Argument(help="one of " + ", ".join(SERVICES))]


def load_service(name: str) -> Service:
    """The service's composition root; raises typer.BadParameter for an unknown name."""
    if name not in SERVICES:
        raise typer.BadParameter(f"{name} is not one of {', '.join(SERVICES)}")
    service: Service = importlib.import_module(f"services.{name}.app").SERVICE
    return service


@app.command()
def serve(name: ServiceName) -> None:
    """Run one service: pages, relay, consumers, jobs."""
    settings = load_settings()
    configure_logs(name)
    uvicorn.run(
        make_app(load_service(name), settings),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=10,
    )


@app.command()
def migrate() -> None:
    """Bring every schema to its newest version, with the owner's PANEL_DATABASE_URL."""
    from shared.migrations import migrate as run

    asyncio.run(run(load_settings().database_url.get_secret_value(), SERVICES))


@app.command()
def redrive(name: ServiceName) -> None:
    """Try a service's open dead letters again, each subject's in order."""

    async def run(runtime: Runtime) -> tuple[int, int]:
        try:
            return await redriving(runtime).all(runtime.now())
        finally:
            await runtime.database.close()

    applied, failing = asyncio.run(run(make_runtime(load_service(name), load_settings())))
    typer.echo(json.dumps({"applied": applied, "still_failing": failing}))
    raise typer.Exit(1 if failing else 0)


@app.command("send-state")
def send_state(name: ServiceName) -> None:
    """Send a service's current state once more, for a new or emptied subscriber; others skip it."""
    from shared.messaging import emit_state

    async def run(runtime: Runtime) -> int:
        if runtime.service.state is None:
            return 0
        try:
            async with runtime.database.in_parts() as (session, turn):
                return await emit_state(session, runtime.service.state(session), turn)
        finally:
            await runtime.database.close()

    typer.echo(json.dumps({"sent": asyncio.run(run(make_runtime(load_service(name), load_settings())))}))


@app.command()
def keys(
    service: Annotated[str, typer.Option()],
    master_keys: Annotated[str, typer.Option(envvar="PANEL_MASTER_KEYS")],
) -> None:
    """Print the PANEL_LINK_KEYS of one service, derived from the masters."""
    typer.echo(encode_keys(derive_keys(decode_master_keys(master_keys), LINK_PURPOSES.get(service, ()))))


@app.command()
def contracts(folder: Path = Path("docs/contracts")) -> None:
    """Write the AsyncAPI document and an example for every event type that has none."""
    from shared.contracts import write_contracts

    for written in write_contracts(folder):
        typer.echo(written)


@app.command()
def texts() -> None:
    """Bring every catalogue in line with the texts in use: new ones get an empty place, old ones go."""
    from shared.web import catalogues

    for folder in catalogues.folders(SERVICES):
        for code in catalogues.TRANSLATED:
            catalogues.update(folder, code)
            for text in catalogues.untranslated(folder, code):
                typer.echo(f"{folder.name} {code}: {text}")


if __name__ == "__main__":
    app()
