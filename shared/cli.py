"""Commands of the one image: serve a service, migrate, re-drive, send state again, print keys, write contracts."""

import asyncio
import importlib
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from shared.logs import configure_logs
from shared.messaging import dead_letters, missing
from shared.one_line import refusing_in_one_line
from shared.process import make_app
from shared.refusal import Refusal
from shared.service import Runtime, Service, make_runtime
from shared.services import LINK_PURPOSES, SERVICES
from shared.serving import serve_app
from shared.settings import load_settings
from shared.tokens import decode_master_keys, derive_keys, encode_keys

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False, rich_markup_mode=None)
ServiceName = Annotated[str, typer.Argument(help="one of " + ", ".join(SERVICES))]

T = TypeVar("T")


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
    serve_app(make_app(load_service(name), settings), settings)


@app.command()
def migrate() -> None:
    """Bring every schema to its newest version, with the owner's PANEL_DATABASE_URL."""
    from shared.migrations import migrate as run

    settings = load_settings()
    if not (url := settings.database_url.get_secret_value()):
        raise Refusal("PANEL_DATABASE_URL is not set: migrations run as the database's owner.")
    asyncio.run(run(url, SERVICES, prefix=settings.prefix, must_exist=True))


@app.command()
def topics(
    where: Annotated[str, typer.Option(help="copies of each topic: cluster or local")] = "cluster",
    rights: Annotated[bool, typer.Option(help="also each service's rights")] = False,
) -> None:
    """Make the installation's missing topics, as an administrator of Kafka; an operator like Strimzi does it itself."""
    from shared.messaging.provision import admin_of, provision

    settings = load_settings()
    provision(admin_of(settings), settings.prefix, acls=rights, where=where)


@app.command()
def roles(
    passwords: Annotated[str, typer.Option(envvar="PANEL_ROLE_PASSWORDS", help="JSON by owner and service")],
) -> None:
    """Make the installation's database and roles, with an administrator's PANEL_DATABASE_URL; an operator like
    CloudNativePG does it itself. Roles that exist get these passwords."""
    from shared.roles import create_database, create_service_roles

    settings = load_settings()
    by_name = json.loads(passwords)
    if set(by_name) != {"owner", *SERVICES}:
        raise Refusal(f"PANEL_ROLE_PASSWORDS must name owner, {', '.join(SERVICES)} and nothing else.")
    admin = settings.database_url.get_secret_value()

    async def run() -> None:
        owner = await create_database(admin, settings.prefix, by_name.pop("owner"))
        await create_service_roles(admin, owner, settings.prefix, by_name)

    asyncio.run(run())


@app.command("try")
def try_installation(
    addresses: Annotated[list[str], typer.Argument(help="each service's own address")],
    panel: Annotated[str, typer.Option(help="where registration's pages are")],
    email: Annotated[str, typer.Option(help="sign this address up")] = "",
    postcode: str = "",
) -> None:
    """See that an installation works: services ready, pages shown, one sign-up; ends with 1 and says what does not."""
    from shared.trial import try_services, try_sign_up

    for line in (*try_services(addresses), *try_sign_up(panel, load_settings().public_url, email, postcode)):
        typer.echo(line)


@app.command()
def secrets(
    prefix: str = "panel",
    smtp_url: Annotated[str, typer.Option(help="smtp+starttls://user:password@host:587")] = "smtp://127.0.0.1:25",
    oidc_client_secret: str = "",
    compose: Annotated[bool, typer.Option(help="print what the .env of compose.yaml needs instead")] = False,
) -> None:
    """Print new secrets of an installation, one Secret per service, for `kubectl apply -f -`. Keep them: links in mails
    and the sealed answers depend on them."""
    from shared.secret_objects import compose_lines, secret_objects

    lines = (compose_lines if compose else secret_objects)(prefix, smtp_url, oidc_client_secret)
    typer.echo(lines, nl=False)


def with_service(name: str, work: Callable[[Runtime], Awaitable[T]]) -> T:
    """What ``work`` returns, done in the service's own schema."""

    async def run() -> T:
        runtime = make_runtime(load_service(name), load_settings())
        try:
            return await work(runtime)
        finally:
            await runtime.database.close()

    return asyncio.run(run())


@app.command()
def redrive(name: ServiceName) -> None:
    """Try a service's open dead letters again, each subject's in order."""
    applied, failing = with_service(name, lambda runtime: dead_letters.redriving(runtime).all(runtime.now()))
    typer.echo(json.dumps({"applied": applied, "still_failing": failing}))
    raise typer.Exit(1 if failing else 0)


@app.command("dead-letters")
def list_dead_letters(
    name: ServiceName,
    topic: Annotated[str, typer.Option(help="only of this topic")] = "",
    reason: Annotated[str, typer.Option(help="only with this reason")] = "",
    drop: Annotated[bool, typer.Option(help="give all of them up, and re-drive what waits behind them")] = False,
) -> None:
    """Print a service's dead letters as JSON lines, without their content; with --drop, give them up."""

    async def run(runtime: Runtime) -> None:
        async with runtime.transaction() as session:
            letters = [
                row
                for row in await dead_letters.listed(session, limit=100_000)
                if row.state != "waiting" and topic in ("", row.topic) and reason in ("", row.reason)
            ]
            for row in letters:
                columns = ("id", "state", "reason", "type", "topic", "partition", "offset", "subject", "received_at")
                typer.echo(json.dumps({key: row._mapping[key] for key in columns}, default=str))
            if drop:
                await dead_letters.drop(session, *(row.id for row in letters))
        if drop:
            await dead_letters.redriving(runtime).all(runtime.now())

    with_service(name, run)


@app.command("send-again")
def send_again(name: ServiceName, topic: str, partition: int, from_offset: int, to_offset: int) -> None:
    """Send what a publisher's archive holds of a stretch once more, for a reader that never saw it; others skip it."""

    async def run(runtime: Runtime) -> int:
        async with runtime.transaction() as session:
            return await missing.send_again(session, topic, partition, from_offset, to_offset)

    count = with_service(name, run)
    typer.echo(json.dumps({"sent": count, "missing": max(to_offset - from_offset - count, 0)}))


@app.command("send-state")
def send_state(name: ServiceName) -> None:
    """Send a service's current state once more, for a new or emptied subscriber; others skip it."""
    from shared.messaging import emit_state

    async def run(runtime: Runtime) -> int:
        if runtime.service.state is None:
            return 0
        async with runtime.database.in_parts() as (session, turn):
            return await emit_state(session, runtime.service.state(session), turn)

    typer.echo(json.dumps({"sent": with_service(name, run)}))


@app.command("reset-lanes")
def reset_lanes(name: ServiceName, topic: str) -> None:
    """Forget what a service has applied last of a topic, so that its publisher's state, sent again, fills it anew."""

    async def run(runtime: Runtime) -> int:
        async with runtime.transaction() as session:
            return await missing.reset_lanes(session, topic)

    typer.echo(json.dumps({"lanes": with_service(name, run)}))


@app.command()
def keys(
    service: Annotated[str, typer.Option()], master_keys: Annotated[str, typer.Option(envvar="PANEL_MASTER_KEYS")]
) -> None:
    """Print the PANEL_LINK_KEYS of one service, derived from the masters."""
    typer.echo(encode_keys(derive_keys(decode_master_keys(master_keys), LINK_PURPOSES.get(service, ()))))


@app.command()
def contracts(folder: Path = Path("docs/contracts")) -> None:
    """Write the AsyncAPI document and an example for every event type that has none."""
    from shared.contracts import write_contracts

    for file in write_contracts(folder):
        typer.echo(file)


@app.command()
def texts() -> None:
    """Bring every catalogue in line with the texts in use: new ones get an empty place, old ones go."""
    from shared.web import catalogues

    for folder in catalogues.folders(SERVICES):
        for code in catalogues.TRANSLATED:
            catalogues.update(folder, code)
            for text in catalogues.untranslated(folder, code):
                typer.echo(f"{folder.name} {code}: {text}")


def main() -> None:
    """Run a command."""
    refusing_in_one_line(app)


if __name__ == "__main__":
    main()
