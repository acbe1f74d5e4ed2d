"""The data protection officer: look up, take out, erase, and read who did what."""

import json

from shared.events.registration import MemberErased
from shared.service import Runtime
from shared.testing import browser, outbox, sign_in
from tests.registration.given import a_member


async def test_the_officer_finds_a_person_takes_the_data_out_erases_and_reads_the_trail(rt: Runtime) -> None:
    async with browser(rt) as resident, browser(rt) as officer:
        member_id = await a_member(resident, rt)
        sign_in(rt, officer, "dpo")
        person = f"/staff/registration/members/{member_id}"
        matches = await officer.post("/staff/registration/members", data={"who": "kari@example.org"})
        assert person in matches.text
        page = (await officer.get(person)).text
        assert "Last ned alt om personen" in page
        assert "Siri Stab fant personen i et oppslag" in page
        data = json.loads((await officer.get(f"{person}/data")).content)
        assert (data["email"], data["consents"][0]["source"]) == ("kari@example.org", "form")
        await officer.post(f"{person}/erase", data={"sure": "yes"})
        assert len(await outbox(rt, MemberErased)) == 1
        assert (await officer.get(f"{person}/data")).status_code == 404
        trail = (await officer.get("/staff/registration/audit?order=oldest")).text
        for words in ("slo opp en person", "så på en person", "lastet ned alt om en person", "slettet en person på"):
            assert f"<td>{words}" in trail
        assert "kari" not in trail.lower()
        only = (await officer.get("/staff/registration/audit?action=registration.member.seen")).text
        assert "Én handling." in only
        file = await officer.get("/staff/registration/audit?form=csv")
        assert file.text.count("registration.member.looked_up") == 1
        assert "lastet ned loggen" in (await officer.get("/staff/registration/audit")).text
        assert (await officer.get("/staff/registration/import")).status_code == 403


async def test_a_reader_takes_no_persons_data_out(rt: Runtime) -> None:
    async with browser(rt) as resident, browser(rt) as reader:
        member_id = await a_member(resident, rt)
        sign_in(rt, reader, "reader")
        assert (await reader.get(f"/staff/registration/members/{member_id}/data")).status_code == 403
