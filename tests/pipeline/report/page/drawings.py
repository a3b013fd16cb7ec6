"""Reads SVG drawings: elements by class, and texts."""

from xml.etree import ElementTree


def parse(drawing):
    """Returns the drawing as an element tree."""
    return ElementTree.fromstring(str(drawing))


def by_class(drawing, name):
    """Returns the elements of a class."""
    return [item for item in parse(drawing).iter() if name in (item.get("class") or "").split()]


def texts(drawing):
    """Returns the text of every text element."""
    return ["".join(item.itertext()) for item in parse(drawing).iter("text")]
