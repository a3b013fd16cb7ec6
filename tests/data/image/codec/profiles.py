"""ICC profiles for tests."""

import struct

from PIL import ImageCms

# Columns of the matrix from Display P3 to XYZ under D50; they follow from the primaries of SMPTE RP 431-2.
_DISPLAY_P3 = {
    b"rXYZ": (0.51512, 0.24120, -0.00105),
    b"gXYZ": (0.29198, 0.69225, 0.04189),
    b"bXYZ": (0.15710, 0.06657, 0.78407),
}


def srgb() -> bytes:
    """Returns a profile of sRGB."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def display_p3() -> bytes:
    """Returns a profile of Display P3: that of sRGB with other primaries and another name."""
    profile = bytearray(srgb())
    (count,) = struct.unpack_from(">I", profile, 128)
    for number in range(count):
        signature, offset, _ = struct.unpack_from(">4sII", profile, 132 + 12 * number)
        if signature in _DISPLAY_P3:
            fixed = [round(value * 65536) for value in _DISPLAY_P3[signature]]
            struct.pack_into(">3i", profile, offset + 8, *fixed)
    name = "sRGB built-in"
    return bytes(profile).replace(name.encode("utf-16-be"), "Display P3".ljust(len(name)).encode("utf-16-be"))
