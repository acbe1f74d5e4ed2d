"""Staff write a questionnaire in the editor, field by field, as its pages ask for it."""

import re
from collections.abc import Mapping
from html import unescape
from typing import Any

from deploy.demo.browser import Browser, FormReader

_EDITOR = "/staff/surveys/editor"
_TEXTS = ("text", "help", "unit", "low", "high")
_NUMBERS = ("steps", "most", "min", "max", "decimals")


class Writer:
    """Writes one questionnaire; ``content`` is what it shall say, as a questionnaire file holds it."""

    def __init__(self, browser: Browser, content: Mapping[str, Any]) -> None:
        self._browser, self._content = browser, content
        self._here = ""
        self._asked: dict[str, Mapping[str, Any]] = {}

    async def write(self) -> str:
        """From a blank page until it is ready; the id it was given."""
        content = self._content
        editor_page = await self._browser.post(_EDITOR, {"title": content["title"]["nb"], "source": ""})
        self._here = str(editor_page.url.path)
        cover = {**_named("title", content["title"]), **_named("topic", content.get("topic", {}))}
        cover |= {**_named("introduction", content["introduction"]), "minutes": str(content["minutes"])}
        cover |= {f"language.{code}": "yes" for code in content["title"]}
        if len(content["title"]) > 1:
            # A language that is new leads back to the form, which has fields for it now.
            await self._save("om", cover, leads_to="/om")
        await self._save("om", cover)
        for number, page in enumerate(content["pages"], start=1):
            if number > 1:
                await self._browser.post(self._here, {"do": "add-page"})
            await self._save(f"side{number}", _named("title", page["title"]))
            for question in page["questions"]:
                kind = {f"kind-side{number}": question["type"], "do": f"add:side{number}"}
                form = await self._browser.post(self._here, kind)
                await self._fill(str(form.url.path), form.text, question)
        outline = FormReader((await self._browser.get(self._here)).text)
        ready = await self._browser.post(self._here, {"base": outline.hidden["base"], "do": "ready"})
        if "Klart til bruk" not in ready.text:
            raise RuntimeError(
                "the questionnaire cannot be used: " + ", ".join(re.findall(r"<li>(.*?)</li>", ready.text))
            )
        return self._here.rpartition("/")[2]

    async def _fill(self, path: str, form: str, question: Mapping[str, Any]) -> None:
        values: dict[str, str] = {}
        for name in _TEXTS:
            values |= _named(name, question.get(name, {}))
        for name in ("options", "statements"):
            for place, row in enumerate(question.get(name, ())):
                values |= _named(f"{name}.{place}", row["text"])
        values |= {name: str(question[name]) for name in _NUMBERS if name in question}
        values |= {name: "yes" for name in ("required", "do_not_know") if question.get(name, True)}
        if condition := question.get("show_if"):
            earlier = self._asked[condition["question"]]
            for number, code in enumerate(condition["any_of"], start=1):
                answer = next(option["text"]["nb"] for option in earlier["options"] if option["code"] == code)
                choice = re.search(rf'<option value="([^"]+)">{re.escape(answer)} \(', unescape(form))
                if choice is None:
                    raise RuntimeError(f"the condition «{answer}» cannot be chosen")
                values |= {"condition": "any", f"when.{number}": choice[1]}
        self._asked[question["id"]] = question
        await self._save(path.rpartition("/")[2], values)

    async def _save(self, part: str, values: Mapping[str, str], leads_to: str = "") -> None:
        form = FormReader((await self._browser.get(f"{self._here}/{part}")).text)
        page = await self._browser.post(f"{self._here}/{part}", {**values, "base": form.hidden["base"]})
        if page.status_code != 200 or str(page.url.path) != self._here + leads_to:
            raise RuntimeError(f"{part} was not saved: {page.status_code}")


def _named(name: str, texts: Mapping[str, str]) -> dict[str, str]:
    return {f"{name}.{code}": text for code, text in texts.items()}
