"""Rendering: one Jinja environment per language, problem pages, Post/Redirect/Get."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from shared.profile.colours import theme as colour_theme
from shared.profile.colours import theme_css
from shared.rules import N_
from shared.service import Runtime
from shared.settings import Settings
from shared.web.i18n import LANGUAGES, NAMES, Language, available, language

T = TypeVar("T")

_SHELL = Path(__file__).parent / "templates" / "shell"


#: Deeds of staff on the pages that every service has.
_SHARED_DEEDS = {
    "audit.exported": "lastet ned loggen",
    "dead_letter.dropped": "ga opp en hendelse som ikke kunne brukes",
    "dead_letters.redriven": "prøvde hendelser på nytt",
    "lane.reset": "nullstilte rekkefølgen for én person",
    "removed_events.settled": "merket tapte hendelser som ferdige",
}


class Renderer:
    """A service's templates (named ``<service>/<file>``) and the shell's (``shell/<file>``)."""

    def __init__(self, runtime: Runtime, folder: Path) -> None:
        service, settings, deeds = runtime.name, runtime.settings, runtime.service.deeds
        loader = ChoiceLoader(
            [
                PrefixLoader({"shell": FileSystemLoader(_SHELL), service: FileSystemLoader(folder / "templates")}),
                FileSystemLoader(folder / "templates"),
            ]
        )
        self._runtime, self.settings = runtime, settings
        self._deeds = {**{f"{service}.{what}": text for what, text in _SHARED_DEEDS.items()}, **deeds}
        self._translated = available(folder / "locale")
        self.languages = {code: language(code, settings.zone, [folder / "locale"]) for code in LANGUAGES}
        self._environments = {code: self._environment(loader, lang) for code, lang in self.languages.items()}
        self._static = _static_prefix(settings)

    @property
    def offered(self) -> tuple[str, ...]:
        """Languages of the pages, the municipality's first one first."""
        codes = tuple(code for code in self._runtime.profile.languages if code in self._translated)
        return codes or self._translated

    def text(self, lang: str, template: str, context: Mapping[str, object]) -> str:
        """The template's output in one language; it may use the municipality's ``profile``."""
        profile = self._runtime.profile
        names = {
            "profile": profile,
            "panel_name": profile.said(profile.panel_name, lang),
            "theme": Markup(theme_css(profile.accent)),  # noqa: S704 - made of hexadecimal numbers
            "colours": colour_theme(profile.accent),
            "language_names": {code: NAMES[code] for code in self.offered},
        }
        return self._environments[lang].get_template(template).render(names | dict(context))

    def _environment(self, loader: ChoiceLoader, lang: Language) -> Environment:
        environment = Environment(
            loader=loader,
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        environment.install_gettext_callables(lang.gettext, lang.ngettext, newstyle=True)  # type: ignore[attr-defined]
        environment.globals.update(
            ngettext=_counting(environment.globals["ngettext"], lang),
            lang=lang.code,
            number=lang.number,
            percent=lang.percent,
            date=lang.date,
            weekday=lang.weekday,
            datetime=lang.datetime,
            settings=self.settings,
            deed=lambda action: self._deeds.get(action, action),
            static=lambda name: f"{self._static}/{name}",
            url=lambda path: f"{self.settings.public_url}{path}",
        )
        environment.filters["written"] = _written(lang.code)
        return environment


def _counting(ngettext: Any, lang: Language) -> Callable[..., str]:
    """``ngettext`` of templates, with its number written as every other number on the page: ``12 345``."""

    @pass_context
    def counting(context: Context, one: str, many: str, n: int, **values: object) -> str:
        text: str = ngettext(context, one, many, n, num=lang.number(n), **values)
        return text

    return counting


def _written(lang: str) -> Callable[[object], str]:
    """The filter for what staff wrote, ``{language: text}`` or Bokmål alone.

    It stands in the reader's language where it is translated, else in Bokmål and marked so that it is read aloud as
    such (WCAG 3.1.2). For running text; a ``<title>`` takes no markup.
    """

    def written(texts: object) -> str:
        if isinstance(texts, Mapping):
            if texts.get(lang):
                return str(texts[lang])
            texts = texts.get("nb")
        if not texts or lang == "nb":
            return str(texts or "")
        return Markup('<span lang="nb">{}</span>').format(texts)

    return written


def _static_prefix(settings: Settings) -> str:
    marker = settings.static_dir / "hash" if settings.static_dir else None
    return f"/static/{marker.read_text().strip()}" if marker and marker.exists() else "/static/dev"


def runtime(request: Request) -> Runtime:
    """The process's runtime: ``transaction()``, ``now()``, ``links``, ``sealed``, ``settings``."""
    rt: Runtime = request.app.state.runtime
    return rt


def render(
    request: Request, template: str, context: Mapping[str, object] | None = None, status: int = 200
) -> HTMLResponse:
    """A page in the visitor's language. ``errors`` and ``form`` may be left out of the context."""
    renderer: Renderer = request.app.state.renderer
    lang: str = request.state.lang
    values = {
        "request": request,
        "path": request.url.path,
        "help": request.app.state.steps.get(request.scope.get("endpoint"), ""),
        "staff": getattr(request.state, "staff", None),
        "errors": {},
        "form": {},
        **(context or {}),
    }
    return HTMLResponse(renderer.text(lang, template, values), status)


def translate(request: Request) -> Language:
    """The visitor's language: ``translate(request).gettext("...")``, numbers and dates."""
    renderer: Renderer = request.app.state.renderer
    return renderer.languages[request.state.lang]


def attached(name: str) -> dict[str, str]:
    """The header of an answer that is a file for the visitor to keep."""
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def see_other(path: str) -> Response:
    """303 to a page of ours, so that a reload repeats no change."""
    return RedirectResponse(path, 303)


def or_404(value: T | None) -> T:
    """The object of a page; without one the request ends on the page "Vi fant ikke siden"."""
    if value is None:
        raise HTTPException(404)
    return value


#: Status -> (title, what happened, what to do); Bokmål, translated when shown.
_PROBLEMS: dict[int, tuple[str, str, str]] = {
    400: (
        N_("Vi forstod ikke skjemaet"),
        N_("Skjemaet kom ikke fram slik det skulle. Ingenting er endret."),
        N_("Gå tilbake, last siden på nytt og prøv igjen."),
    ),
    403: (
        N_("Du har ikke tilgang"),
        N_("Siden eller handlingen krever en tilgang du ikke har. Ingenting er endret."),
        N_("Gå tilbake, eller spør den som styrer tilgangene."),
    ),
    404: (
        N_("Vi fant ikke siden"),
        N_("Siden finnes ikke, eller den er flyttet."),
        N_("Gå til forsiden og let videre derfra."),
    ),
    405: (
        N_("Slik kan siden ikke brukes"),
        N_("Siden tar ikke imot det nettleseren sendte. Ingenting er endret."),
        N_("Gå tilbake og prøv igjen."),
    ),
    410: (
        N_("Lenken virker ikke lenger"),
        N_("Lenken er brukt opp eller for gammel."),
        N_("Bruk den nyeste e-posten fra oss, eller be om en ny lenke."),
    ),
    413: (
        N_("Det du sendte, er for stort"),
        N_("Vi tar ikke imot så mye på én gang. Ingenting er lagret."),
        N_("Gå tilbake, kort ned teksten eller filen, og send på nytt."),
    ),
    422: (
        N_("Noe må rettes"),
        N_("Skjemaet har feil. Ingenting er endret."),
        N_("Gå tilbake, rett feilene og send på nytt."),
    ),
    429: (
        N_("For mange forsøk"),
        N_("Vi har fått svært mange skjemaer fra nettverket ditt. Ingenting er endret."),
        N_("Vent noen minutter og prøv igjen."),
    ),
    500: (
        N_("Noe gikk galt hos oss"),
        N_("Feilen er vår, og vi har fått beskjed. Det du hadde lagret før, er trygt."),
        N_("Prøv igjen om litt."),
    ),
    503: (
        N_("Tjenesten er opptatt"),
        N_("Vi får ikke svar fra systemet akkurat nå. Det du hadde lagret før, er trygt."),
        N_("Prøv igjen om et minutt."),
    ),
}


def problem(request: Request, status: int) -> Response:
    """A page that says what happened, that nothing is lost, and what to do; never a stack trace."""
    title, happened, advice = _PROBLEMS.get(status, _PROBLEMS[500])
    texts = translate(request).gettext
    context = {"title": texts(title), "happened": texts(happened), "advice": texts(advice), "status": status}
    return render(request, "shell/problem.html", context, status)
