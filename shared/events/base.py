"""What every event contract is: a frozen model with a type string, a topic and (mostly) a subject."""

import re
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

TYPE_PATTERN = re.compile(r"^(?P<service>[a-z]+)\.(?P<fact>[a-z_]+)\.v(?P<version>[1-9][0-9]*)$")

#: Publishers add values to enumerations over time, so consumers must accept a value they have not met.
OpenEnum = str

Instant = AwareDatetime


#: A machine-readable code, never written text.
Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.:-]{0,79}$")]

#: Text the municipality itself has published or will publish; never what a resident wrote.
PublicText = str

#: The same by language code: ``nb`` always, ``nn`` and ``en`` where there is a translation.
PublicTexts = dict[str, str]


class Event(BaseModel):
    """A fact in the past tense.

    Subclasses set ``type`` (``<service>.<snake_fact>.v<n>``) and ``subject_field``, the name of the field that
    holds the entity whose order matters; it becomes the Kafka key. ``topic`` differs from the publishing service
    only for restricted topics. Only optional fields may be added to a published type.
    """

    # Built at first use: a service uses a third of all there are.
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    type: ClassVar[str]
    topic: ClassVar[str]
    subject_field: ClassVar[str | None]

    @classmethod
    def __pydantic_init_subclass__(cls, **_: object) -> None:
        """An event of no topic of its own goes on its service's."""
        if hasattr(cls, "type") and not hasattr(cls, "topic"):
            cls.topic = cls.source_service()

    @classmethod
    def source_service(cls) -> str:
        """The publishing service, from the type string."""
        return cls.type.split(".", 1)[0]

    @property
    def subject(self) -> UUID | None:
        """The entity whose order matters, or None for the one type that has none."""
        return None if self.subject_field is None else getattr(self, self.subject_field)
