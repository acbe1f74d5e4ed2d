"""The mark that staff bring, as it is published: the drawing, without what a program wrote beside it."""

from xml.etree.ElementTree import ParseError, register_namespace

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring, tostring

_SVG = "http://www.w3.org/2000/svg"
#: Attributes of no language, and of those a drawing needs.
_KEPT = ("http://www.w3.org/1999/xlink", "http://www.w3.org/XML/1998/namespace")
register_namespace("xlink", _KEPT[0])


def drawing_alone(data: bytes) -> str:
    """The SVG without comments, metadata and what is a program's own (its maker, a folder); empty when it is none."""
    try:
        root = fromstring(data)
        if root.tag != f"{{{_SVG}}}svg":
            return ""
        for element in list(root.iter()):
            for child in list(element):
                if not child.tag.startswith(f"{{{_SVG}}}") or child.tag == f"{{{_SVG}}}metadata":
                    element.remove(child)
            for name in list(element.attrib):
                if name.startswith("{") and name[1:].partition("}")[0] not in _KEPT:
                    del element.attrib[name]
        # Prefixes are the whole process's: a library that takes the empty one for itself would rename every element.
        for element in root.iter():
            element.tag = element.tag.removeprefix(f"{{{_SVG}}}")
        root.set("xmlns", _SVG)
        return str(tostring(root, encoding="unicode"))
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError):
        return ""
