"""A load client: kept connections, requests as prepared bytes, answers read to their end."""

import asyncio
import time
from collections.abc import Sequence
from urllib.parse import urlencode

#: Enough to keep one process busy, few enough for the queue not to be what is measured.
CONNECTIONS = 16


def post(port: int, path: str, form: Sequence[tuple[str, str]], cookie: str = "") -> bytes:
    """The bytes of one form POST."""
    body = urlencode(form).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
    )
    return head.encode() + (f"Cookie: {cookie}\r\n".encode() if cookie else b"") + b"\r\n" + body


async def rate(port: int, people: Sequence[Sequence[bytes]], expected: int = 303) -> float:
    """Requests a second; ``people`` send theirs one after the other. Raises RuntimeError at any other answer."""
    queue = iter(people)

    async def connection() -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        count = 0
        for requests in queue:
            for request in requests:
                writer.write(request)
                status = await _answer(reader)
                if status != expected:
                    raise RuntimeError(f"answered {status}: {request[:60]!r}")
                count += 1
        writer.close()
        return count

    began = time.perf_counter()
    total = sum(await asyncio.gather(*(connection() for _ in range(CONNECTIONS))))
    return total / (time.perf_counter() - began)


async def _answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
    )
    await reader.readexactly(length)
    return int(head[9:12])
