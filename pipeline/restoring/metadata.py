"""What a picture's file says besides pixels, carried from one file to another of the same kind, byte for byte.

EXIF, ICC profile, XMP, IPTC, comments and resolution. What describes the pixels' coding (palette, transparency, significant
bits) or points to places in the file (further pictures in it) is not carried: it would no longer be true.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

_PNG_HEAD = 8  # bytes of the signature
_PNG_KEPT = {
    *(b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"cICP"),
    *(b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"pHYs"),
}
_PNG_PROFILES = {b"iCCP", b"cICP"}

_APP0, _COMMENT, _START_OF_SCAN = 0xE0, 0xFE, 0xDA
_JPEG_KEPT = (
    (_APP0, b"JFIF\0"),
    (0xE1, b"Exif\0"),
    (0xE1, b"http://ns.adobe.com/x"),
    (0xE2, b"ICC_PROFILE\0"),
    (0xED, b"Photoshop 3.0\0"),
    (_COMMENT, b""),
)
_PROFILE = b"ICC_PROFILE\0"


def metadata(data: bytes, profile: bool = True) -> tuple[bytes, ...]:
    """Returns the parts of a PNG or JPEG file that say something about the picture.

    Args:
        data: The file's bytes; it must have been decoded, so that they are known to be sound.
        profile: Whether the ICC profile is one of them.
    """
    if _is_png(data):
        kept = _PNG_KEPT if profile else _PNG_KEPT - _PNG_PROFILES
        return tuple(chunk for chunk in _chunks(data) if chunk[4:8] in kept)
    return tuple(
        segment
        for segment in _segments(data)
        if any(segment[1] == marker and segment[4:].startswith(start) for marker, start in _JPEG_KEPT)
        and (profile or not segment[4:].startswith(_PROFILE))
    )


def with_metadata(encoded: bytes, parts: Sequence[bytes]) -> bytes:
    """Returns a freshly encoded file with the parts of another one of its kind put in."""
    if not parts:
        return encoded
    if _is_png(encoded):
        place = _PNG_HEAD + len(next(_chunks(encoded)))  # after the header, before what the profile must precede
        return b"".join((encoded[:place], *parts, encoded[place:]))
    first = next(_segments(encoded))
    own = 2 + len(first) if first[1] == _APP0 else 2
    head = encoded[:2] if any(part[1] == _APP0 for part in parts) else encoded[:own]
    return b"".join((head, *parts, encoded[own:]))


def _is_png(data: bytes) -> bool:
    return data.startswith(b"\x89PNG")


def _chunks(data: bytes) -> Iterator[bytes]:
    """Yields the whole chunks of a PNG."""
    place = _PNG_HEAD
    while place + 12 <= len(data):
        end = place + 12 + int(struct.unpack_from(">I", data, place)[0])
        yield data[place:end]
        place = end


def _segments(data: bytes) -> Iterator[bytes]:
    """Yields the whole segments of a JPEG that come before its pixels."""
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        if data[place + 1] == 0xFF:  # a filler
            place += 1
            continue
        if data[place + 1] == _START_OF_SCAN:
            return
        end = place + 2 + int(struct.unpack_from(">H", data, place + 2)[0])
        yield data[place:end]
        place = end
