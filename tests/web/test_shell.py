"""What every page is written with."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

import services.surveys
from shared.service import Runtime
from shared.web.pages import Renderer

RuntimeOf = Callable[..., Awaitable[Runtime]]


@pytest.mark.parametrize(
    ("code", "one", "many"),
    [
        ("nb", "Ett spørsmål, omtrent ett minutt", "12\u00a0345 spørsmål, omtrent 2 minutter"),
        ("nn", "Eitt spørsmål, omtrent eitt minutt", "12\u00a0345 spørsmål, omtrent 2 minutt"),
        ("en", "One question, about one minute", "12,345 questions, about 2 minutes"),
    ],
)
async def test_a_count_is_written_as_every_other_number_and_one_is_a_word(
    runtime_of: RuntimeOf, code: str, one: str, many: str
) -> None:
    renderer = Renderer(await runtime_of("surveys"), Path(services.surveys.__file__).parent)
    template = renderer._environments[code].from_string(
        '{{ ngettext("Ett spørsmål", "%(num)s spørsmål", n) }},'
        ' {{ ngettext("omtrent ett minutt", "omtrent %(num)s minutter", minutes) }}'
    )
    assert (template.render(n=1, minutes=1), template.render(n=12_345, minutes=2)) == (one, many)
