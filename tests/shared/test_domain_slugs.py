"""Addresses made of headings."""

from hypothesis import given
from hypothesis import strategies as st

from shared.slugs import free_slug, is_slug, slug_words


@given(st.text(max_size=200))
def test_every_heading_gives_an_address(heading: str) -> None:
    slug = slug_words(heading, 60, "sak")
    assert is_slug(slug)
    assert len(slug) <= 60


@given(st.sets(st.sampled_from(["sak", *(f"sak-{n}" for n in range(1, 9))])))
def test_a_free_address_is_never_taken(taken: set[str]) -> None:
    assert free_slug("sak", taken) not in taken


def test_norwegian_letters_become_their_usual_spellings() -> None:
    assert slug_words("Tryggere skolevei på Rykkinn!", 60, "sak") == "tryggere-skolevei-pa-rykkinn"
    assert not is_slug("a\x00b")
