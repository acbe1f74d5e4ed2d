"""Answers rest in a place of their survey's own, which is dropped whole: freed rows would stay readable in the file."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the partitioned tables, and the two functions that may make and drop a survey's part of them.

    What rests in ``draft`` and ``response`` is sealed the old way and would be lost, so an open survey has to be closed
    first. Expand and contract in one, for once: no release has been installed anywhere that could still run beside it.
    """
    still_open = op.get_bind().scalar(sa.text("select count(*) from surveys.survey where state = 'open'"))
    if still_open:
        raise RuntimeError(f"{still_open} open survey(s): close them with the release that runs now, then migrate")
    op.execute(
        "create table surveys.resting_draft ("
        " survey_id uuid not null,"
        " invitation_id uuid not null constraint fk_resting_draft_invitation_id_invitation"
        " references surveys.invitation (id),"
        " sealed bytea not null,"
        " page integer default 1 not null,"
        " constraint pk_resting_draft primary key (survey_id, invitation_id)) partition by list (survey_id)"
    )
    op.execute(
        "create table surveys.resting_response ("
        " survey_id uuid not null,"
        " id uuid not null,"
        " sealed bytea not null,"
        " constraint pk_resting_response primary key (survey_id, id)) partition by list (survey_id)"
    )
    op.add_column("survey", sa.Column("public_key", sa.LargeBinary(), nullable=True), schema="surveys")
    op.drop_table("draft", schema="surveys")
    op.drop_table("response", schema="surveys")
    op.execute(_MAKE)
    op.execute(_DROP)


_MAKE = """
create function surveys.make_resting_place(survey uuid) returns void
language plpgsql security definer set search_path = surveys, pg_temp as $$
declare
    parent text;
begin
    foreach parent in array array['resting_draft', 'resting_response'] loop
        execute format('create table if not exists surveys.%I partition of surveys.%I for values in (%L)',
            parent || '_' || replace(survey::text, '-', ''), parent, survey);
    end loop;
end $$
"""
_DROP = """
create function surveys.drop_resting_place(survey uuid) returns void
language plpgsql security definer set search_path = surveys, pg_temp as $$
declare
    parent text;
begin
    foreach parent in array array['resting_draft', 'resting_response'] loop
        execute format('drop table if exists surveys.%I', parent || '_' || replace(survey::text, '-', ''));
    end loop;
end $$
"""
