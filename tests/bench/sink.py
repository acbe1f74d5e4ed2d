"""An SMTP server that takes everything at once and counts it: ``python -m tests.bench.sink PORT``.

A mail server of the real kind writes each mail to disk, so this one shows what our side can do, not what a relay will.
"""

import asyncio
import sys

_ANSWERS = {
    b"EHLO": b"250-sink\r\n250-8BITMIME\r\n250-PIPELINING\r\n250 SMTPUTF8\r\n",
    b"DATA": b"354 go on\r\n",
    b"QUIT": b"221 bye\r\n",
}


class Sink(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._buffer = b""
        self._in_data = False
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer each command, and each mail at its final dot."""
        self._buffer += data
        while True:
            end = b"\r\n.\r\n" if self._in_data else b"\r\n"
            head, mark, rest = self._buffer.partition(end)
            if not mark:
                return
            self._buffer = rest
            if self._in_data:
                self._in_data = False
                self._transport.write(b"250 kept\r\n")
                continue
            command = head[:4].upper()
            self._in_data = command == b"DATA"
            self._transport.write(_ANSWERS.get(command, b"250 ok\r\n"))
            if command == b"QUIT":
                self._transport.close()


async def main(port: int) -> None:
    """Serve until killed."""
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
