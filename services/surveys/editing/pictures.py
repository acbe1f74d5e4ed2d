"""Pictures that staff give the alternatives of a pair: taken as the questionnaire holds them, or refused in words."""

import base64
import binascii
import json

from shared.events.questionnaire import MOST_PICTURE_BYTES

_SIGNATURES = {"png": b"\x89PNG\r\n\x1a\n", "jpeg": b"\xff\xd8\xff"}
#: Reads the picture as a browser would; sheets of paper are printed by the same library.
_LOOK = b"#set page(width: auto, height: auto, margin: 0pt)\n#image(bytes(json(bytes(sys.inputs.picture))))"


class NotTaken(ValueError):
    """The file is no picture that a questionnaire can hold; the text is for staff."""


def as_picture(data: bytes) -> dict[str, str]:
    """``{"png": …}`` or ``{"jpeg": …}``, in base64; raises NotTaken. Takes some hundredths of a second."""
    kind = next((name for name, signature in _SIGNATURES.items() if data.startswith(signature)), None)
    if kind is None:
        raise NotTaken("Filen er ikke et bilde av typen PNG eller JPEG. Lagre bildet som JPEG, og velg det på nytt.")
    if len(data) > MOST_PICTURE_BYTES:
        raise NotTaken(
            f"Bildet er på {-(-len(data) // 1000)} kB. Det kan være på høyst {MOST_PICTURE_BYTES // 1000} kB. Gjør det"
            " mindre, og velg det på nytt."
        )
    import typst

    try:
        typst.compile(_LOOK, format="svg", sys_inputs={"picture": json.dumps(list(data))})
    except typst.TypstError as error:
        raise NotTaken("Bildet er skadet og kan ikke vises. Lagre det på nytt som JPEG eller PNG.") from error
    return {kind: base64.b64encode(data).decode()}


def carried(text: str) -> bytes:
    """What a form that was not stored carries of a picture; empty when it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""
