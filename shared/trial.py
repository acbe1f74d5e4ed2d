"""Trying an installation from inside: every service is ready, the pages show, and a sign-up goes through the form."""

import html
import re
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import httpx
from tenacity import RetryError, retry, retry_if_exception_type, stop_after_delay, wait_fixed

from shared.refusal import Refusal

#: Seconds a service may take to be ready after an installation, and a form that was sent too fast to be taken.
_PATIENCE = 120
_FORM_PATIENCE = 15


class _NotYet(Exception):
    """Not so now, but it may be in a moment."""


def try_services(addresses: Sequence[str]) -> list[str]:
    """Wait until each service says it is ready; what was seen, or Refusal that names the one that is not."""
    return [_try_ready(address) for address in addresses]


def _try_ready(address: str) -> str:
    @retry(stop=stop_after_delay(_PATIENCE), wait=wait_fixed(1), retry=retry_if_exception_type(_NotYet))
    def ask() -> str:
        try:
            answer = httpx.get(f"{address}/-/ready", timeout=5)
        except httpx.HTTPError as error:
            raise _NotYet(type(error).__name__) from None
        if answer.status_code != 200:
            raise _NotYet(answer.text)
        return f"{address}: ready"

    return _or_refuse(ask, f"{address} is not ready")


def try_sign_up(panel: str, public_url: str, email: str, postcode: str) -> list[str]:
    """Open the front page and the form at ``panel``; with ``email`` also send it, as anybody may.

    The mail that follows is confirmed or left by whoever reads that mailbox; unconfirmed sign-ups are forgotten.
    """
    # Pages answer for the address that residents see, whatever way this request takes.
    headers = {"host": urlsplit(public_url).netloc, "origin": public_url, "sec-fetch-site": "same-origin"}
    with httpx.Client(base_url=panel, headers=headers) as client:
        steps = []
        for path in ("/", "/join", "/privacy"):
            answer = client.get(path)
            if answer.status_code != 200:
                raise Refusal(f"{panel}{path} answers {answer.status_code}: look into registration's log.")
            steps.append(f"{path}: shown")
        if email:
            steps.append(_sign_up(client, email, postcode))
    return steps


def _sign_up(client: httpx.Client, email: str, postcode: str) -> str:
    form = client.get("/join").text
    stamp = re.search(r'name="stamp" value="([^"]*)"', form)
    answers = {
        "stamp": html.unescape(stamp[1]) if stamp else "",
        "name": "Prøve Innbygger",
        "email": email,
        "year_of_birth": "1970",
        "gender": "other",
        "postcode": postcode,
        "language": "nb",
        "old_enough": "yes",
        "purposes": ["surveys"],
    }

    @retry(stop=stop_after_delay(_FORM_PATIENCE), wait=wait_fixed(1), retry=retry_if_exception_type(_NotYet))
    def send() -> str:
        answer = client.post("/join", data=answers)
        if answer.status_code == 422 or urlsplit(answer.headers.get("location", "")).path == "/join":
            # Sent faster than a person fills it in, and shown again; anything else that is wrong stays wrong.
            raise _NotYet("the form was not accepted; is test.postcode one of the municipality's?")
        if answer.status_code != 303:
            raise Refusal(f"The join form answers {answer.status_code}: look into registration's log.")
        return "/join: signed up, a mail is on its way"

    return _or_refuse(send, "The join form refuses")


def _or_refuse(attempt: Callable[[], str], what: str) -> str:
    try:
        return attempt()
    except RetryError as error:
        raise Refusal(f"{what}: {error.last_attempt.exception()}") from None
