"""Pictures that staff give the alternatives of a pair: made as a questionnaire holds them, or refused in words.

Each is drawn anew from its points alone: nothing else that a camera or a program wrote into the file is published.
"""

import base64
import binascii
from collections.abc import Mapping
from contextlib import suppress
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING, Any

from shared.events.questionnaire import MOST_PICTURE_BYTES

if TYPE_CHECKING:
    from PIL.Image import Image

#: Almost three times as wide as it is shown, for fine screens.
_LONGEST = 900
#: Points in the file, and points in memory: those of a JPEG become fewer while it is read.
_MOST_POINTS, _MOST_READ = 50_000_000, 12_500_000
#: A large picture takes 200 MB for a moment, so there is one at a time.
_drawing = Lock()


class NotTaken(ValueError):
    """The file is no picture that a questionnaire can hold; the text is for staff."""


def as_picture(data: bytes) -> dict[str, str]:
    """``{"png": …}`` or ``{"jpeg": …}``, in base64; raises NotTaken. Takes tenths of a second, a large one seconds."""
    with _drawing:
        try:
            kind, content = _packed(*_drawn(data))
        except NotTaken:
            raise
        except Exception as error:
            # A file can be damaged in any way.
            raise NotTaken(
                "Filen er ikke et bilde av typen JPEG, PNG eller WebP, eller den er skadet."
                " Lagre bildet som JPEG, og velg det på nytt."
            ) from error
    return {kind: base64.b64encode(content).decode()}


def _drawn(data: bytes) -> "tuple[Image, bool]":
    """The points as they are to be seen, in the colours of screens; and whether they may be those of a drawing."""
    # The library is 10 MB that few days need.
    from PIL import Image, ImageCms, ImageOps

    # Its own limit is higher than those below.
    Image.MAX_IMAGE_PIXELS = None
    image: Image.Image = Image.open(BytesIO(data), formats=("JPEG", "PNG", "WEBP"))
    points, is_png, profile = image.width * image.height, image.format == "PNG", image.info.get("icc_profile")
    image.draft(None, (_LONGEST, _LONGEST))
    if points > _MOST_POINTS or image.width * image.height > _MOST_READ:
        raise NotTaken(f"Bildet har {points // 1_000_000} millioner punkter. Gjør det mindre, og velg det på nytt.")
    if image.mode not in ("L", "RGB", "RGBA") or "transparency" in image.info:
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    image.thumbnail((_LONGEST, _LONGEST))
    # As the camera was held.
    ImageOps.exif_transpose(image, in_place=True)
    # A profile that is of other colours than these, or damaged, is left out.
    with suppress(ImageCms.PyCMSError, OSError):
        if profile:
            screen = ImageCms.createProfile("sRGB")
            ImageCms.profileToProfile(image, ImageCms.ImageCmsProfile(BytesIO(profile)), screen, inPlace=True)
    # Comments and the like that would be written again.
    image.info.clear()
    return image, is_png or image.mode == "RGBA"


def _packed(image: "Image", is_drawing: bool) -> tuple[str, bytes]:
    """A drawing as PNG where that is small enough; else a JPEG, of fewer points until it is."""
    from PIL import Image

    out = BytesIO()
    if is_drawing:
        image.save(out, "PNG")
        if out.tell() <= MOST_PICTURE_BYTES:
            return "png", out.getvalue()
    # Where a picture is transparent a JPEG would be black.
    if image.mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    longest, small = _LONGEST, image
    while True:
        small.save(out := BytesIO(), "JPEG", quality=80, optimize=True)
        if out.tell() <= MOST_PICTURE_BYTES:
            return "jpeg", out.getvalue()
        longest, small = longest * 4 // 5, image.copy()
        small.thumbnail((longest, longest))


def cleaned(picture: Mapping[str, Any]) -> dict[str, Any]:
    """A picture in a questionnaire that somebody brings, as if it were given in the editor; raises NotTaken."""
    return as_picture(carried(picture.get("png") or picture.get("jpeg") or "")) | {"shows": picture.get("shows", {})}


def carried(text: str) -> bytes:
    """What a form that was not stored carries of a picture; empty when it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""
