"""Fixtures of mails: a real SMTP server in a thread, and the service that sends to it."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from shared.service import Runtime
from tests.notifications.ground import RuntimeOf, Sink, mail_server


@pytest.fixture
def sink() -> Iterator[Sink]:
    """The server."""
    with mail_server() as sink:
        yield sink


@pytest.fixture
async def rt(runtime_of: RuntimeOf, sink: Sink) -> Runtime:
    """notifications, on its emptied schema."""
    return await runtime_of("notifications", smtp_url=SecretStr(f"smtp://127.0.0.1:{sink.port}"))
