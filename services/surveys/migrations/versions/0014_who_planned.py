"""Who planned a survey or began a questionnaire stands in the audit trail alone."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Let rows be written without three columns that no page has ever shown, and empty the names in them.

    Expand: the release before still writes them beside this one. A migration of the next release drops the columns,
    with what was written into them until then.
    """
    op.alter_column("survey", "planned_by", server_default="", schema="surveys")
    op.alter_column("written_questionnaire", "begun_by", server_default="", schema="surveys")
    op.alter_column("written_questionnaire", "begun_at", server_default=sa.func.now(), schema="surveys")
    op.execute("update surveys.survey set planned_by = ''")
    op.execute("update surveys.written_questionnaire set begun_by = ''")
