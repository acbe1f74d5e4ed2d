"""A browser small enough to have hundreds of: cookies, forms, an own network address, no scripts."""

import asyncio
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx

_AWAY = (502, 503, 504)


@dataclass
class Field:
    """One form field as the page offers it."""

    kind: str
    values: list[str] = field(default_factory=list)


class FormReader(HTMLParser):
    """Collects the fields of a page's forms by name."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.hidden: dict[str, str] = {}
        self.fields: dict[str, Field] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note inputs and text areas."""
        attributes = {key: value or "" for key, value in attrs}
        name = attributes.get("name", "")
        if tag == "input" and attributes.get("type") == "hidden":
            self.hidden[name] = attributes.get("value", "")
        elif tag in ("input", "textarea") and name:
            kind = attributes.get("type", "text") if tag == "input" else "textarea"
            self.fields.setdefault(name, Field(kind)).values.append(attributes.get("value", ""))


class Browser:
    """One person's browser behind one address; follows redirects within the panel, keeps Secure cookies on loopback."""

    def __init__(self, origin: str, address: str = "127.0.0.1") -> None:
        self.origin = origin
        self._cookies: dict[str, str] = {}
        transport = httpx.AsyncHTTPTransport(local_address=address, limits=httpx.Limits(max_keepalive_connections=1))
        self._client = httpx.AsyncClient(transport=transport, timeout=30)

    async def __aenter__(self) -> "Browser":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def get(self, path: str) -> httpx.Response:
        """A page, with redirects followed."""
        return await self._send("GET", path)

    async def post(
        self, path: str, data: dict[str, str | list[str]], files: dict[str, tuple[str, bytes, str]] | None = None
    ) -> httpx.Response:
        """Send a form, with redirects followed; while a service is away, try again as a person would."""
        return await self._send("POST", path, data=data, files=files)

    async def _send(self, method: str, path: str, **content: object) -> httpx.Response:
        url = urljoin(self.origin + "/", path)
        for _ in range(20):
            response = await self._once(method, url, content)
            for line in response.headers.get_list("set-cookie"):
                name, _, rest = line.partition("=")
                self._cookies[name] = rest.split(";")[0]
            if response.status_code not in (301, 302, 303, 307, 308):
                return response
            url, method, content = urljoin(url, response.headers["location"]), "GET", {}
        raise RuntimeError("too many redirects")

    async def _once(self, method: str, url: str, content: dict[str, object]) -> httpx.Response:
        own = f"{urlsplit(url).scheme}://{urlsplit(url).netloc}"
        headers = {"Origin": own, "Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        for _ in range(60):
            try:
                response = await self._client.request(method, url, headers=headers, **content)  # type: ignore[arg-type]
            except httpx.TransportError:
                response = None
            if response is not None and response.status_code not in _AWAY:
                return response
            await asyncio.sleep(0.5)
        raise RuntimeError(f"{method} {urlsplit(url).path.split('/')[1]} is away")


def link_in(text: str, path: str) -> str:
    """The first link in a mail's text whose path starts with ``path``."""
    match = re.search(rf"https?://\S*{re.escape(path)}\S+", text)
    if match is None:
        raise RuntimeError(f"no link to {path} in the mail")
    return match[0]
