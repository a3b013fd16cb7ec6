"""Colour difference as seen: CIELAB and CIEDE2000.

Protocol: 8-bit RGB as written to a file, whole image, mean over its pixels. Colours are sRGB under D65 (2 degree observer).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab

from data.image.arrays import ImageU8

LabImage = NDArray[np.floating]
"""CIELAB image [H, W, 3]: L* in [0, 100], a* and b*."""


def lab(image: ImageU8) -> LabImage:
    """Converts sRGB under D65 to CIELAB.

    Args:
        image: uint8 RGB [H, W, 3].

    Returns:
        float [H, W, 3]: L* in [0, 100], a* and b*.
    """
    return rgb2lab(image)


def ciede2000(image: LabImage, target: LabImage) -> float:
    """Returns the mean CIEDE2000 colour difference of two images.

    G. Sharma, W. Wu and E. Dalal, "The CIEDE2000 color-difference formula", Color Research & Application 30(1), 2005,
    DOI 10.1002/col.20070, with kL = kC = kH = 1.

    Args:
        image: CIELAB [H, W, 3].
        target: CIELAB [H, W, 3].

    Returns:
        Mean over the pixels; lower is better, 1 is just noticeable.
    """
    # numpy's vectorised functions differ in the last bit with the alignment of their memory; this makes them agree.
    return round(float(np.mean(deltaE_ciede2000(target, image))), 12)
