"""What every table of the schema ``registration`` is declared on."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase

from shared.database import NAMING

_Time = sa.DateTime(timezone=True)
CLOCK = sa.text("clock_timestamp()")


class Base(DeclarativeBase):
    """Everything in the schema ``registration``."""

    metadata = sa.MetaData(schema="registration", naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        datetime: _Time,
        str: sa.Text,
        list[str]: ARRAY(sa.Text),
        dict[str, str]: JSONB,
    }
