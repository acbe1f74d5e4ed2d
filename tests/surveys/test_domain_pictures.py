"""What is kept of a picture that staff bring: its points the way up it is held, and nothing else of the file."""

from base64 import b64decode
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageCms, ImageDraw
from PIL.PngImagePlugin import PngInfo

from services.surveys.editing.pictures import NotTaken, as_picture
from shared.events.questionnaire import MOST_PICTURE_BYTES

SECRET = b"HEMMELIG"
KINDS = ("JPEG", "PNG", "WEBP")
_ORIENTATION, _GPS = 0x0112, 0x8825


def as_file(image: Image.Image, kind: str, **more: Any) -> bytes:
    """The picture as a file of this kind."""
    image.save(out := BytesIO(), kind, **more)
    return out.getvalue()


def kept(data: bytes) -> tuple[bytes, Image.Image]:
    """What a questionnaire holds of the file: the bytes, and what they show."""
    ((_, text),) = as_picture(data).items()
    return b64decode(text), Image.open(BytesIO(b64decode(text)))


def striped(width: int, height: int) -> Image.Image:
    """Red above, blue below."""
    image = Image.new("RGB", (width, height), "red")
    ImageDraw.Draw(image).rectangle((0, height // 2, width, height), "blue")
    return image


def talkative(kind: str, image: Image.Image, orientation: int = 1) -> bytes:
    """The picture with the secret wherever this kind of file has a place for it."""
    exif = Image.Exif()
    exif[_ORIENTATION], exif[0x010E] = orientation, SECRET.decode()
    exif.get_ifd(_GPS)[29] = SECRET.decode()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes() + SECRET
    more: dict[str, Any] = {"exif": exif, "icc_profile": profile, "xmp": b"<x>" + SECRET}
    if kind == "JPEG":
        # IPTC of agencies, the thumbnail of a camera, and a film behind the end of the picture.
        agency = b"\xff\xed" + (2 + len(SECRET)).to_bytes(2, "big") + SECRET
        more |= {"comment": SECRET, "extra": agency}
    if kind == "PNG":
        more["pnginfo"] = PngInfo()
        more["pnginfo"].add_itxt("XML:com.adobe.xmp", SECRET.decode())
        more["pnginfo"].add_text("Author", SECRET.decode())
        more["pnginfo"].add(b"raNd", SECRET)
    return as_file(image, kind, **more) + SECRET


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(40, 30), (3000, 2000)])
def test_nothing_of_a_file_but_its_points_is_kept_whatever_its_size(kind: str, size: tuple[int, int]) -> None:
    brought = talkative(kind, striped(*size))
    assert brought.count(SECRET) >= 5
    content, image = kept(brought)
    assert SECRET not in content
    assert len(content) <= MOST_PICTURE_BYTES
    assert not image.getexif()
    assert image.size == (min(size[0], 900), min(size[1], 600))
    image.load()
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("orientation", "red_at"), [(1, "top"), (3, "bottom"), (6, "right"), (8, "left")])
def test_a_picture_is_the_way_up_the_camera_was_held(kind: str, orientation: int, red_at: str) -> None:
    _, image = kept(talkative(kind, striped(1000, 800), orientation))
    wide, high = image.size
    assert (wide > high) == (orientation in (1, 3))
    points = {
        "top": (wide // 2, 9),
        "bottom": (wide // 2, high - 9),
        "left": (9, high // 2),
        "right": (wide - 9, high // 2),
    }
    red, _, blue = image.convert("RGB").getpixel(points[red_at])  # type: ignore[misc]
    assert red > 200 > 50 > blue


def test_a_photograph_is_made_as_small_as_it_takes_and_a_drawing_stays_sharp() -> None:
    content, image = kept(as_file(Image.effect_noise((2000, 1500), 90), "JPEG"))
    assert len(content) <= MOST_PICTURE_BYTES
    assert image.format == "JPEG"
    assert 200 < image.width < 900
    assert kept(as_file(striped(400, 300), "PNG"))[1].format == "PNG"
    assert kept(as_file(Image.effect_noise((500, 500), 90), "PNG"))[1].format == "JPEG"


def test_what_is_transparent_stays_so_or_is_white() -> None:
    mark = Image.new("RGBA", (600, 600), (0, 0, 0, 0))
    for kind in ("PNG", "WEBP"):
        _, image = kept(as_file(mark, kind))
        assert image.convert("RGBA").getpixel((5, 5))[3] == 0  # type: ignore[index]
    mark.paste(Image.effect_noise((600, 500), 90).convert("RGBA"))
    _, image = kept(as_file(mark, "PNG"))
    assert image.format == "JPEG"
    assert min(image.getpixel((9, image.height - 9))) > 245  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "CMYK"])
def test_every_way_of_keeping_colours_is_read(mode: str) -> None:
    image = Image.new("L", (40, 30))
    image.paste(255, (0, 0, 40, 15))
    _, image = kept(as_file(image.convert(mode), "JPEG" if mode == "CMYK" else "PNG"))
    assert image.size == (40, 30)
    assert image.convert("L").getpixel((5, 5)) > image.convert("L").getpixel((5, 25))  # type: ignore[operator]


def test_colours_are_those_the_camera_meant() -> None:
    screen = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = screen.replace(b"rXYZ", b"....").replace(b"gXYZ", b"rXYZ").replace(b"....", b"gXYZ")
    for profile, meant in ((screen, 0), (swapped, 1), (b"none", 0)):
        _, image = kept(as_file(Image.new("RGB", (40, 40), "red"), "PNG", icc_profile=profile))
        assert image.getpixel((5, 5))[meant] > 250  # type: ignore[index]


def test_of_a_moving_picture_the_first_is_kept() -> None:
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    for kind in ("PNG", "WEBP"):
        _, image = kept(as_file(frames[0], kind, save_all=True, append_images=frames[1:]))
        assert getattr(image, "n_frames", 1) == 1
        assert image.convert("RGB").getpixel((5, 5))[0] > 240  # type: ignore[index]


@pytest.mark.parametrize(("kind", "wide"), [("PNG", 4000), ("PNG", 40_000), ("JPEG", 8000)])
def test_a_picture_of_too_many_points_is_refused_unread(kind: str, wide: int) -> None:
    data = as_file(Image.new("1" if kind == "PNG" else "L", (wide, 5000 if kind == "PNG" else 8000)), kind)
    assert len(data) < 2_000_000
    with pytest.raises(NotTaken, match="millioner punkter"):
        as_picture(data)


def test_a_photograph_of_many_points_is_made_smaller_while_it_is_read() -> None:
    assert kept(as_file(Image.new("L", (8000, 6000)), "JPEG"))[1].size == (900, 675)
