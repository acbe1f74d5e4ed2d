"""Members from before there was one form of an address take it, unless two of them turn out to be one mailbox."""

import sqlalchemy as sa

from shared.ids import new_id
from shared.migrations import migrate
from tests.shared.test_migrations import connected, database

_MEMBER = """
insert into registration.member (id, status, name, email, email_key, language, source, signed_up_at)
values (:id, 'active', :name, :email, :key, 'nb', 'form', now())
"""


async def test_addresses_and_names_of_old_rows_take_their_one_form(owner_url: str) -> None:
    rows = [
        ("Ka\u0301re", "kari@BLÅBÆR.no", "kari@blåbær.no"),
        ("Per", "per@exam\u200bple.org", "per@exam\u200bple.org"),
        ("Per igjen", "per@example.org", "per@example.org"),
        ("Ola", "Ola@example.org", "ola@example.org"),
        ("Ukjent", "kåre@example.org", "kåre@example.org"),
    ]
    async with database(owner_url, "panel_test_addresses") as url:
        await migrate(url, ["registration"], "0001")
        async with connected(url) as connection:
            for name, email, key in rows:
                values = {"id": new_id(), "name": name, "email": email, "key": key}
                await connection.execute(sa.text(_MEMBER), values)
        await migrate(url, ["registration"])
        async with connected(url) as connection:
            members = await connection.execute(sa.text("select name, email, email_key from registration.member"))
            assert sorted(map(tuple, members)) == sorted(
                [
                    ("K\u00e1re", "kari@blåbær.no", "kari@blåbær.no"),
                    ("Per", "per@exam\u200bple.org", "per@exam\u200bple.org"),
                    ("Per igjen", "per@example.org", "per@example.org"),
                    ("Ola", "Ola@example.org", "ola@example.org"),
                    ("Ukjent", "kåre@example.org", "kåre@example.org"),
                ]
            )
