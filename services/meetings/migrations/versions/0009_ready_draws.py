"""A draw is looked over before it is announced."""

from alembic import op

revision = "0009"
down_revision = "0008"

_STATES = "state in ('preparing', 'ready', 'committed', 'infeasible', 'drawn', 'cancelled')"


def upgrade() -> None:
    """Allow the new state; the release before leaves draws in it alone."""
    op.drop_constraint("state", "draw", schema="meetings")
    op.create_check_constraint(op.f("ck_draw_state"), "draw", _STATES, schema="meetings")
