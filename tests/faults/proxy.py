"""A TCP proxy that can be cut, slowed down or left half-open, in front of Postgres, Kafka and the mail server."""

import asyncio
from contextlib import suppress


class Proxy:
    """Passes bytes between clients of ``port`` and ``target`` on loopback, as long as it is left alone."""

    def __init__(self, port: int, target: int) -> None:
        self._port = port
        self._target = target
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self.delay = 0.0
        """Seconds each chunk is held back."""
        self.refusing = False

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)

    async def stop(self) -> None:
        """Stop listening and cut what is open."""
        if self._server is not None:
            self._server.close()
        self.cut()

    def cut(self) -> None:
        """End every connection at once."""
        for task in list(self._open):
            task.cancel()

    def freeze(self) -> None:
        """Half-open: connections stay, nothing passes until ``thaw``."""
        self._flowing.clear()

    def thaw(self) -> None:
        """Let everything pass again."""
        self._flowing.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        outward: asyncio.StreamWriter | None = None
        try:
            if self.refusing:
                return
            inward, outward = await asyncio.open_connection("127.0.0.1", self._target)
            both = [
                asyncio.ensure_future(self._pass(reader, outward)),
                asyncio.ensure_future(self._pass(inward, writer)),
            ]
            try:
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for direction in both:
                    direction.cancel()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(task)
            for end in (writer, outward):
                if end is not None:
                    with suppress(Exception):
                        end.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await reader.read(65_536):
                if self.delay:
                    await asyncio.sleep(self.delay)
                await self._flowing.wait()
                writer.write(chunk)
                await writer.drain()
