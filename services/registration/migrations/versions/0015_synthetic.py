"""A status for made-up residents, which no rule asks for."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Widen the constraint."""
    op.drop_constraint(op.f("ck_member_status"), "member", schema="registration")
    op.create_check_constraint(
        op.f("ck_member_status"),
        "member",
        "status in ('applicant', 'active', 'paused', 'synthetic', 'erased')",
        schema="registration",
    )
