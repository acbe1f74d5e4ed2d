"""What every table of the schema ``surveys`` is declared on."""

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase

from shared.database import COLUMN_TYPES, NAMING


class Base(DeclarativeBase):
    """Everything in the schema ``surveys``."""

    metadata = sa.MetaData(schema="surveys", naming_convention=NAMING)
    type_annotation_map = COLUMN_TYPES
