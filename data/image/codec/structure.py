"""Checks of the parts of an image file, before it is decoded: whether it is whole, and whether decoding takes long.

Pixels alone do not bound the time that a decoder takes: a JPEG of 240 KB with 5,000 empty scans took 8 s, a PNG with two
million empty chunks 7 s. And readers differ in what they forgive: Pillow reads a PNG without its end or with a wrong checksum,
TensorFlow does not, so that such a file would pass every check here and end a training.
"""

from __future__ import annotations

import math
import re
import struct
import zlib
from dataclasses import dataclass

MAX_SCANS = 100
"""Maximum scans of a JPEG, each of which passes over all pixels; encoders write about ten."""

WASTEFUL = "more than"
"""Begins the reason of a file that must not even be opened, because a reader would spend its time on its parts."""

_MAX_SEGMENTS = 5000
# Encoders put 8 KB and more of pixels into each chunk of a PNG.
_FREE_CHUNKS = 1000
_BYTES_PER_CHUNK = 1024

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_FIRST_CHUNK, _LAST_CHUNK = b"IHDR", b"IEND"
_CRITICAL_CHUNKS = (_FIRST_CHUNK, b"PLTE", b"IDAT", _LAST_CHUNK)
_ANCILLARY = 0x20  # the case of a chunk's first letter: small letters may be skipped
_PNG_CHUNK_OVERHEAD = 12  # bytes of length, type and checksum
_SCAN, _END = 0xDA, 0xD9
# Among codes of pixels 0xFF is followed by 0 or a restart marker, or stands before another 0xFF.
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
# Frames with Huffman codes: baseline, extended, progressive.
_SEQUENTIAL, _PROGRESSIVE = (0xC0, 0xC1), 0xC2
_BLOCK = 8


@dataclass(frozen=True, slots=True)
class _Frame:
    """What a JPEG's frame header says: height, width, and the sampling factors of each component."""

    kind: int
    height: int
    width: int
    sampling: tuple[tuple[int, int], ...]

    def least_bytes(self) -> int:
        """Returns the least bytes that the codes of all blocks take: one bit or more for each code."""
        most = [max((factors[side] for factors in self.sampling), default=1) for side in (0, 1)]
        blocks = sum(
            _blocks(self.width * across, most[0]) * _blocks(self.height * down, most[1])
            for across, down in self.sampling
        )
        # A sequential block has two codes, its mean and its end; a progressive one has its mean, and later scans skip blocks.
        return blocks * (1 if self.kind == _PROGRESSIVE else 2) // 8


def problem_of(data: bytes) -> str | None:
    """Returns why a file must not be decoded: it would take far too long, or most of it is missing.

    Args:
        data: The bytes of a PNG or JPEG file, perhaps damaged.

    Returns:
        The reason as a part of a sentence, or None.
    """
    return _problem_of_png(data) if data.startswith(_PNG_SIGNATURE) else _problem_of_jpeg(data)


def _problem_of_png(data: bytes) -> str | None:
    start, chunks, most = len(_PNG_SIGNATURE), 0, _FREE_CHUNKS + len(data) // _BYTES_PER_CHUNK
    view = memoryview(data)
    while start + _PNG_CHUNK_OVERHEAD <= len(data):
        length, kind = struct.unpack_from(">I4s", data, start)
        end = start + _PNG_CHUNK_OVERHEAD + int(length)
        chunks += 1
        if chunks > most:
            return f"more than {most:,} chunks"
        problem = _problem_of_chunk(view[start:end], kind, is_first=chunks == 1, is_whole=end <= len(data))
        if problem is not None or kind == _LAST_CHUNK:
            return problem
        start = end
    return "cut short: its end is missing"


def _problem_of_chunk(chunk: memoryview, kind: bytes, *, is_first: bool, is_whole: bool) -> str | None:
    """Checks what libpng, TensorFlow's reader, insists on and Pillow does not: the order, whole chunks, and checksums."""
    if not is_whole:
        return "cut short: its end is missing"
    if is_first and kind != _FIRST_CHUNK:
        return "it does not begin with its size"
    if kind[0] & _ANCILLARY:  # may be damaged: readers skip it then
        return None
    if kind not in _CRITICAL_CHUNKS:
        return "a chunk that no reader knows"
    if zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:], "big"):
        return "a checksum is wrong"
    return None


def _problem_of_jpeg(data: bytes) -> str | None:
    start, steps = 2, 0
    frame: _Frame | None = None
    while start + 4 <= len(data) and data[start] == 0xFF:
        steps += 1
        if steps > _MAX_SEGMENTS:
            return f"more than {_MAX_SEGMENTS:,} segments before its pixels"
        marker = data[start + 1]
        if marker in (0x00, 0xFF):  # a fill byte
            start += 1 if marker else 2
            continue
        if marker == _SCAN:
            return _problem_of_scans(data, start, frame)
        if marker in (*_SEQUENTIAL, _PROGRESSIVE):
            frame = _frame(data, start)
        start += 2 + int(struct.unpack_from(">H", data, start + 2)[0])
    return None


def _problem_of_scans(data: bytes, start: int, frame: _Frame | None) -> str | None:
    """Walks from the first scan to the image's end, as a decoder does: a stray marker among codes begins a segment."""
    if frame is not None and len(data) - start < frame.least_bytes():
        return "cut short: too few bytes for its pixels"
    scans = 0
    for step in range(_MAX_SEGMENTS):
        marker = _MARKER.search(data, start)
        if marker is None:
            return "cut short: its end is missing"
        kind, start = data[marker.start() + 1], marker.end()
        if kind == _END:
            return None
        scans += kind == _SCAN
        if scans > MAX_SCANS:
            return f"more than {MAX_SCANS} scans"
        start += int.from_bytes(data[start : start + 2], "big")
        if start > len(data):
            return "damaged among its pixels" if step else "cut short: its end is missing"
    return f"more than {_MAX_SEGMENTS:,} segments among its pixels"


def _frame(data: bytes, start: int) -> _Frame | None:
    """Reads a frame header (ITU-T T.81, B.2.2); returns None where it is cut short."""
    if start + 10 > len(data):
        return None
    height, width, count = struct.unpack_from(">HHB", data, start + 5)
    components = data[start + 10 : start + 10 + 3 * count]
    if len(components) < 3 * count:
        return None
    sampling = tuple((factors >> 4, factors & 15) for factors in components[1::3])
    return _Frame(data[start + 1], height, width, sampling)


def _blocks(samples: int, most: int) -> int:
    return math.ceil(math.ceil(samples / max(most, 1)) / _BLOCK)
