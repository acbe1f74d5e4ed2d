"""What the tables of this schema have in common."""

from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase

from shared.database import NAMING


class Base(DeclarativeBase):
    """Everything in the schema ``meetings``."""

    metadata = sa.MetaData(schema="meetings", naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: sa.DateTime(timezone=True),
        str: sa.Text,
        list[str]: ARRAY(sa.Text),
        list[Any]: JSONB,
        dict[str, str]: JSONB,
        dict[str, Any]: JSONB,
    }
