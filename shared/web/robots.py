"""Keeping robots out of public forms without a third party: a field no person sees, and a sealed time of showing.

Machine time: how fast a person types does not depend on the panel's calendar.
"""

import time

from starlette.requests import Request

from shared.ids import random_id
from shared.rules import N_
from shared.web.forms import Form, FormErrors
from shared.web.limits import TOO_MANY
from shared.web.pages import runtime, translate

#: Seconds a half-read form stays valid.
_FORM_LIFE = 24 * 3600
#: The field no person sees; its name is one that robots like to fill in.
TRAP = "website"
TOO_FAST = N_("Skjemaet ble sendt svært raskt eller er for gammelt. Se over svarene og send det på nytt.")


def stamp(request: Request, form: str) -> str:
    """The hidden field ``stamp`` of ``form``: when it was shown, sealed."""
    stamp_: str = runtime(request).sealed.seal(
        f"stamp-{form}", {"shown": time.time(), "nonce": str(random_id())}, _FORM_LIFE
    )
    return stamp_


def is_trapped(form: Form) -> bool:
    """Whether the hidden field was filled in; such a sender gets the usual page and nothing else happens."""
    return bool(form.get(TRAP))


def is_too_fast(request: Request, form: str, fields: Form, seconds: float) -> bool:
    """Whether the form came back sooner than a person can fill it in, or its stamp is missing, forged or old."""
    shown = runtime(request).sealed.unseal(f"stamp-{form}", fields.get("stamp") or "")
    return shown is None or time.time() - float(shown["shown"]) < seconds


def fault(request: Request) -> FormErrors:
    """What is said of a form that came too fast, or too often, by the page that shows it again at ``again=fast``."""
    text = {"fast": TOO_FAST, "many": TOO_MANY}.get(request.query_params.get("again", ""))
    return {"": translate(request).gettext(text)} if text else {}
