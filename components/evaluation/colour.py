"""Errors in levels and in seen colour: MAE and CIEDE2000.

Protocol: 8-bit RGB as written to a file, whole image, mean over its pixels. Colours are sRGB under D65 (2 degree observer).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab

from components.evaluation.quality import Image

Lab = NDArray[np.floating]


def mae(image: Image, target: Image) -> float:
    """Returns the mean absolute error over pixels and channels, in levels of 255; lower is better."""
    return float(np.mean(np.abs(image.astype(np.int16) - target.astype(np.int16))))


def lab(image: Image) -> Lab:
    """Returns CIELAB, float [H, W, 3], of sRGB uint8 [H, W, 3] under D65."""
    return rgb2lab(image)


def ciede2000(image: Lab, target: Lab) -> float:
    """Returns the mean CIEDE2000 colour difference of two images in CIELAB; lower is better, 1 is just noticeable.

    Sharma, Wu and Dalal, "The CIEDE2000 color-difference formula", 2005, with kL = kC = kH = 1.
    """
    return float(np.mean(deltaE_ciede2000(target, image)))
