"""Addresses and names take their one normal form.

Two members whose addresses turn out to be one mailbox both stay, one of them as it was: a person decides whose it is.
"""

import sqlalchemy as sa
from alembic import op

from shared.addresses import BadAddress, address_key, normal_form
from shared.characters import plain

revision = "0002"
down_revision = "0001"

_STRANGE = "email ~ '[^!-~]' or email ~ '@.*[A-Z]' or email ~* '@(.*\\.)?xn--' or name ~ '[^ -~]'"
_MEMBERS = f"select id, name, email, email_key from registration.member where {_STRANGE} order by signed_up_at, id"
_SIGN_UPS = f"select member_id, generation, name, email from registration.sign_up where {_STRANGE}"
_CHANGES = "select id, email from registration.address_change"


def upgrade() -> None:
    """Bring rows to the form that the pages write from now on."""
    connection = op.get_bind()
    taken = sa.text("select 1 from registration.member where email_key = :key and id <> :id")
    change = sa.text("update registration.member set name = :name, email = :email, email_key = :key where id = :id")
    for row in connection.execute(sa.text(_MEMBERS)).all():
        email, key = _normal(row.email), address_key(row.email or "")
        if row.email is None or connection.execute(taken, {"key": key, "id": row.id}).first():
            email, key = row.email, row.email_key
        connection.execute(change, {"id": row.id, "name": row.name and plain(row.name), "email": email, "key": key})
    change = sa.text(
        "update registration.sign_up set name = :name, email = :email where member_id = :id and generation = :n"
    )
    for row in connection.execute(sa.text(_SIGN_UPS)).all():
        values = {"name": plain(row.name), "email": _normal(row.email), "id": row.member_id, "n": row.generation}
        connection.execute(change, values)
    change = sa.text("update registration.address_change set email = :email where id = :id")
    for row in connection.execute(sa.text(_CHANGES)).all():
        connection.execute(change, {"id": row.id, "email": _normal(row.email)})


def _normal(email: str | None) -> str | None:
    try:
        return normal_form(email) if email else email
    except BadAddress:
        return email
