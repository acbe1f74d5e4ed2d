"""The member of staff: signs in, imports, plans, follows, approves."""

import asyncio
import re
from datetime import date

from deploy.demo.browser import Browser, FormReader


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
        preview = await self.browser.post(
            page, {"action": "preview"}, files={"file": ("medlemmer.csv", content, "text/csv")}
        )
        sealed = FormReader(preview.text).hidden["sealed"]
        done = await self.browser.post(page, {"sealed": sealed, "action": "import"})
        return int(done.url.params["imported"])

    async def plan_survey(self, size: int, closes_on: date, reminder_on: date) -> None:
        """The climate survey opens when the panel reaches ``size``."""
        values: dict[str, str | list[str]] = {
            "questionnaire": "klima",
            "opens": "threshold",
            "opens_on": "",
            "threshold_size": str(size),
            "closes_on": closes_on.isoformat(),
            "reminder_on": reminder_on.isoformat(),
        }
        async with asyncio.timeout(30):
            while (
                "survey_id"
                not in (form := FormReader((await self.browser.post("/staff/surveys/plan", values)).text)).hidden
            ):
                await asyncio.sleep(0.5)
        await self.browser.post("/staff/surveys/plan", dict(form.hidden))

    async def publish(self) -> str:
        """Wait until every answer has come, approve; the public page's text."""
        async with asyncio.timeout(60):
            while True:
                listed = (await self.browser.get("/staff/results")).text
                arrived = re.search(r"(\d+) av (\d+) svar er kommet", listed)
                if arrived and arrived[1] == arrived[2]:
                    break
                await asyncio.sleep(0.3)
        found = re.search(r"/staff/results/[0-9a-f-]{36}", listed)
        assert found is not None
        page = await self.browser.post(found[0], {"finding": "De fleste vil ha flere bussavganger."})
        if "/results/" not in str(page.url) or page.status_code != 200:
            raise RuntimeError(f"publishing ended with {page.status_code}")
        return page.text
