"""The member of staff: signs in, imports, plans, follows, approves."""

import asyncio
import re
from datetime import date
from importlib import resources

import httpx
import yaml

from deploy.demo.browser import Browser, FormReader
from deploy.demo.writing import Writer


class Editor:
    """Staff with the role editor, in a browser."""

    def __init__(self, origin: str) -> None:
        self.browser = Browser(origin)

    async def sign_in(self) -> None:
        """Through the sign-in provider, as «redaktor»."""
        form = await self.browser.get("/staff")
        home = await self.browser.post(str(form.url), {"sub": "redaktor"})
        if "Oversikt" not in home.text:
            raise RuntimeError(f"sign-in ended with {home.status_code}")

    async def import_members(self, content: bytes) -> int:
        """Preview the file, then import it; the number of members imported."""
        page = "/staff/registration/import"
        preview = await self.browser.post(page, {}, files={"file": ("medlemmer.csv", content, "text/csv")})
        consents: dict[str, str | list[str]] = {
            "purposes": ["surveys", "meetings", "results"],
            "reference": "Påmeldinger før panelet fikk denne løsningen",
        }
        receipt = await self.browser.post(str(preview.url.path), consents)
        while (imported := re.search(r"(Ett|[\d\u00a0]+) medlem(?:mer)? er importert", receipt.text)) is None:
            if "er tatt inn" not in receipt.text:
                raise RuntimeError(f"the import ended with {receipt.status_code}")
            await asyncio.sleep(0.2)
            receipt = await self.browser.get(str(preview.url.path))
        return 1 if imported[1] == "Ett" else int(re.sub(r"\D", "", imported[1]))

    async def name_areas(self, content: bytes, source: str) -> None:
        """Upload the municipality's areas."""
        files = {"file": ("omrader.csv", content, "text/csv")}
        receipt = await self.browser.post("/staff/registration/areas", {"source": source}, files=files)
        if "saved" not in receipt.url.params:
            raise RuntimeError("the areas were refused")

    async def write_survey(self, template: str) -> str:
        """A questionnaire written in the editor from nothing, with the texts of a template; its id."""
        file = resources.files("services.surveys").joinpath("questionnaires", f"{template}.yaml")
        return await Writer(self.browser, yaml.safe_load(file.read_text(encoding="utf-8"))).write()

    async def plan_survey(self, questionnaire: str, size: int | None, closes_on: date, reminder_on: date) -> None:
        """The survey opens when the panel reaches ``size``, or now."""
        values: dict[str, str | list[str]] = {
            "questionnaire": questionnaire,
            "opens": "now" if size is None else "threshold",
            "opens_on": "",
            "threshold_size": "" if size is None else str(size),
            "target": "50",
            "closes_on": closes_on.isoformat(),
            "reminder_on": reminder_on.isoformat(),
        }
        async with asyncio.timeout(30):
            while (
                "survey_id"
                not in (form := FormReader((await self.browser.post("/staff/surveys/plan", values)).text)).hidden
            ):
                await asyncio.sleep(0.5)
            # Somebody may have joined meanwhile: then the page asks again, with the new number.
            while "survey_id" in form.hidden:
                answer = await self.browser.post("/staff/surveys/plan", dict(form.hidden))
                form = FormReader(answer.text)

    async def publish(self) -> str:
        """Wait until every answer has come, approve; the public page's text."""
        async with asyncio.timeout(60):
            while True:
                listed = (await self.browser.get("/staff/results")).text
                arrived = re.search(r"(\d+) av (\d+) svar er kommet", listed)
                if arrived and arrived[1] == arrived[2]:
                    break
                await asyncio.sleep(0.3)
        draft = re.search(r"/staff/results/[0-9a-f-]{36}", listed)
        assert draft is not None
        page = await self.browser.post(draft[0], {"finding": "De fleste vil ha flere bussavganger."})
        if "/results/" not in str(page.url) or page.status_code != 200:
            raise RuntimeError(f"publishing ended with {page.status_code}")
        return page.text

    async def announce_meeting(self, seats: int, day: date, reply_on: date) -> str:
        """A new meeting; the path of its staff page."""
        form = FormReader((await self.browser.get("/staff/meetings/new")).text).hidden
        values = {
            **form,
            "heading": "Torget i Sandvika",
            "purpose": "Hva bør torget brukes til om kvelden?",
            "place": "Rådhuset, Arnold Haukelands plass 10",
            "day": day.isoformat(),
            "starts": "18:00",
            "ends": "20:30",
            "seats": str(seats),
            "reply_on": reply_on.isoformat(),
            "stop_hours": "48",
            "served": "Vi serverer suppe og dekker reisen.",
            "agenda": "- Velkommen\n- Arbeid i grupper\n- Oppsummering",
        }
        page = await self.browser.post("/staff/meetings/new", dict(values))
        _expect(page, "Trekk deltakere")
        return str(page.url.path)

    async def draw(self, meeting: str) -> None:
        """See who could be drawn, make the draw ready, throw three dice; waits until the meeting knows the members."""
        page = f"{meeting}/draw"
        async with asyncio.timeout(180):
            while "Gjør trekningen klar" not in (await self.browser.get(page)).text:
                await asyncio.sleep(0.3)
            await self.browser.post(page, {"action": "prepare"})
            while "Kunngjør trekningen" not in (await self.browser.get(page)).text:
                await asyncio.sleep(0.3)
            await self.browser.post(page, {"action": "announce"})
        _expect(await self.browser.post(page, {"action": "draw", "randomness": "437"}), "plasser er fylt")

    async def note_attendance(self, meeting: str, came: int) -> int:
        """Tick the first ``came`` codes; how many the page then says came."""
        codes = FormReader((await self.browser.get(f"{meeting}/attendance")).text).fields["came"].values
        _expect(
            await self.browser.post(f"{meeting}/attendance", {"recorded": "yes", "came": codes[:came]}), "Møtte opp"
        )
        return len(codes[:came])

    async def publish_minutes(self, meeting: str) -> None:
        """Write, look, publish."""
        minutes = {"minutes": "# Torget\n\nGruppene vil ha **flere benker** og lys til klokken 23."}
        _expect(await self.browser.post(f"{meeting}/minutes", {**minutes, "action": "preview"}), "Legg ut referatet")
        await self.browser.post(f"{meeting}/minutes", {**minutes, "action": "publish"})

    async def answer_suggestions(self, count: int) -> int:
        """Answer every new suggestion and publish it in the municipality's words; how many."""
        async with asyncio.timeout(30):
            while True:
                listed = (await self.browser.get("/staff/results/suggestions?state=new")).text
                pages = re.findall(r'href="(/staff/results/suggestions/[0-9a-f-]{36})">([^<]+)<', listed)
                if len(pages) >= count:
                    break
                await asyncio.sleep(0.3)
        for page, heading in pages:
            decision = {
                "state": "answered",
                "answer": "Takk. Vi har satt det på listen for våren.",
                "public": "yes",
                "public_heading": heading,
                "public_text": "En innbygger har foreslått dette.",
            }
            decision["seen"] = FormReader((await self.browser.get(page)).text).hidden["seen"]
            review = FormReader((await self.browser.post(page, dict(decision))).text)
            _expect(await self.browser.post(page, dict(review.hidden)), "behandlet et forslag")
        return len(pages)

    async def follow_up(self, outcome: str) -> None:
        """Record what the newest result led to."""
        listed = (await self.browser.get("/staff/results/follow-ups")).text
        about = re.search(r"survey:[0-9a-f-]{36}", listed)
        assert about is not None
        day = re.search(r'id="done_on"[^>]*value="([0-9-]{10})"', listed)
        assert day is not None
        values = {"about": about[0], "done": outcome, "done_on": day[1], "link": ""}
        form = FormReader((await self.browser.post("/staff/results/follow-ups", dict(values))).text)
        _expect(await self.browser.post("/staff/results/follow-ups", dict(form.hidden)), outcome)


def _expect(response: httpx.Response, words: str) -> None:
    if words not in response.text:
        raise RuntimeError(f"{response.url.path} answered {response.status_code} without «{words}»")
