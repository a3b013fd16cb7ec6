"""Copies metadata from one image file to another of the same format, byte for byte.

Copied are EXIF, ICC profile, XMP, IPTC, comments and resolution. Parts that describe the coding of the pixels (palette,
transparency, significant bits) or point to offsets in the file (further images in it) are not copied: they would no longer
be true.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence

_PNG_SIGNATURE_BYTES = 8
_PNG_CHUNK_OVERHEAD = 12  # bytes of length, type and checksum
_PNG_COPIED = {
    *(b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"cICP"),
    *(b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"pHYs"),
}
_PNG_COLOURS = {b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"cICP"}
_ICC_HEADER_BYTES = 128
_PNG_PROFILES = {b"iCCP", b"cICP"}

_APP0, _COMMENT, _START_OF_SCAN = 0xE0, 0xFE, 0xDA
_JPEG_COPIED = (
    (_APP0, b"JFIF\0"),
    (0xE1, b"Exif\0"),
    (0xE1, b"http://ns.adobe.com/x"),
    (0xE2, b"ICC_PROFILE\0"),
    (0xED, b"Photoshop 3.0\0"),
    (_COMMENT, b""),
)
_PROFILE = b"ICC_PROFILE\0"


def metadata(data: bytes, with_profile: bool = True) -> tuple[bytes, ...]:
    """Returns the chunks of a PNG or the segments of a JPEG that hold metadata of the image.

    Args:
        data: Content of a file that has been decoded without an error.
        with_profile: Whether the ICC profile is included.
    """
    if _is_png(data):
        copied = _PNG_COPIED if with_profile else _PNG_COPIED - _PNG_PROFILES
        return tuple(chunk for chunk in _chunks(data) if chunk[4:8] in copied)
    return tuple(
        segment
        for segment in _segments(data)
        if any(segment[1] == marker and segment[4:].startswith(begin) for marker, begin in _JPEG_COPIED)
        and (with_profile or not segment[4:].startswith(_PROFILE))
    )


def colour_chunks(data: bytes) -> tuple[bytes, ...]:
    """Returns the PNG chunks that say what the RGB values of an image mean, so that a PNG of the same values looks the same.

    Args:
        data: Content of a PNG or JPEG file that has been decoded to RGB without an error.

    Returns:
        The chunks of a PNG, or the ICC profile of a JPEG as one; none for a profile of another colour space than RGB.
    """
    if not _is_png(data):
        profile = _jpeg_profile(data)
        return (_chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(profile)),) if _is_of_rgb(profile) else ()
    return tuple(chunk for chunk in _chunks(data) if chunk[4:8] in _PNG_COLOURS and not _is_foreign_profile(chunk))


def with_metadata(encoded: bytes, parts: Sequence[bytes]) -> bytes:
    """Inserts metadata into an encoded file.

    Args:
        encoded: Content of a PNG or JPEG file without metadata.
        parts: Result of `metadata` for a file of the same format.

    Returns:
        Content of the file with the metadata.
    """
    if not parts:
        return encoded
    if _is_png(encoded):
        # After the header chunk, as a profile has to precede the pixels.
        offset = _PNG_SIGNATURE_BYTES + len(next(_chunks(encoded)))
        return b"".join((encoded[:offset], *parts, encoded[offset:]))
    first = next(_segments(encoded))
    own = 2 + len(first) if first[1] == _APP0 else 2
    head = encoded[:2] if any(part[1] == _APP0 for part in parts) else encoded[:own]
    return b"".join((head, *parts, encoded[own:]))


def _jpeg_profile(data: bytes) -> bytes:
    """Returns the ICC profile of a JPEG, which stands in numbered segments; empty if there is none."""
    parts = [segment[4 + len(_PROFILE) :] for segment in _segments(data) if segment[4:].startswith(_PROFILE)]
    # One byte of the part's number and one of the number of parts (ICC.1:2022, B.4).
    return b"".join(part[2:] for part in sorted(parts, key=lambda part: part[:1]))


def _is_foreign_profile(chunk: bytes) -> bool:
    """Returns whether a PNG chunk is a profile of gray values, or a damaged one: the restored image is RGB."""
    if chunk[4:8] != b"iCCP":
        return False
    compressed = chunk[8:-4].partition(b"\0")[2][1:]
    try:
        return not _is_of_rgb(zlib.decompressobj().decompress(compressed, _ICC_HEADER_BYTES))
    except zlib.error:
        return True


def _is_of_rgb(profile: bytes) -> bool:
    return profile[16:20] == b"RGB "


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _is_png(data: bytes) -> bool:
    return data.startswith(b"\x89PNG")


def _chunks(data: bytes) -> Iterator[bytes]:
    """Yields the chunks of a PNG, with their length, type and checksum."""
    start = _PNG_SIGNATURE_BYTES
    while start + _PNG_CHUNK_OVERHEAD <= len(data):
        stop = start + _PNG_CHUNK_OVERHEAD + int(struct.unpack_from(">I", data, start)[0])
        yield data[start:stop]
        start = stop


def _segments(data: bytes) -> Iterator[bytes]:
    """Yields the segments of a JPEG before its pixels, with their marker and length."""
    start = 2
    while start + 4 <= len(data) and data[start] == 0xFF:
        if data[start + 1] == 0xFF:  # a fill byte
            start += 1
            continue
        if data[start + 1] == _START_OF_SCAN:
            return
        stop = start + 2 + int(struct.unpack_from(">H", data, start + 2)[0])
        yield data[start:stop]
        start = stop
