"""Some are asked to a waiting list: three more states of an invitation, and when a meeting's list was asked."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_STATES = "'invited', 'reserve', 'waiting', 'accepted', 'declined', 'lapsed', 'withdrawn', 'released', 'ended'"


def upgrade() -> None:
    """Allow the states, which the release before never writes; meetings drawn before ask nobody to a list."""
    for name in ("state", "settled"):
        op.drop_constraint(op.f(f"ck_invitation_{name}"), "invitation", schema="meetings", type_="check")
    op.create_check_constraint(op.f("ck_invitation_state"), "invitation", f"state in ({_STATES})", schema="meetings")
    op.create_check_constraint(
        op.f("ck_invitation_settled"),
        "invitation",
        "(state in ('invited', 'reserve')) = (settled_at is null)",
        schema="meetings",
    )
    op.create_index("ix_invitation_list", "invitation", ["reply_by"], schema="meetings",
                    postgresql_where=sa.text("state = 'reserve'"))  # fmt: skip
    op.add_column(
        "invitation", sa.Column("had_seat", sa.Boolean(), server_default="true", nullable=False), schema="meetings"
    )
    op.add_column("meeting", sa.Column("list_asked_at", sa.DateTime(timezone=True)), schema="meetings")
    op.execute("update meetings.meeting set list_asked_at = drawn_at")
