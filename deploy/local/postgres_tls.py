"""TLS in front of the local Postgres, whose wheel is built without: ``python -m deploy.local.postgres_tls``.

To a client it is a server that wants TLS: it agrees to the request for it that starts every connection, refuses a
connection that starts without, and hands the rest on.
"""

import argparse
import asyncio
import ssl
from contextlib import suppress
from pathlib import Path

#: What a client sends first when it wants TLS: the length, and the number that stands for "SSL, please".
_REQUEST = bytes.fromhex("0000000804d2162f")
_CHUNK = 65_536


async def front(port: int, behind: int, certificate: Path) -> None:
    """Listen on ``port`` for the server on port ``behind``, until cancelled."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            if await reader.readexactly(len(_REQUEST)) == _REQUEST:
                writer.write(b"S")
                await writer.drain()
                await writer.start_tls(context)
                server_reader, server_writer = await asyncio.open_connection("127.0.0.1", behind)
                await asyncio.gather(_hand_on(reader, server_writer), _hand_on(server_reader, writer))
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


async def _hand_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
    writer.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--behind", type=int, required=True)
    parser.add_argument("--certificate", type=Path, required=True)
    options = parser.parse_args()
    asyncio.run(front(options.port, options.behind, options.certificate))
