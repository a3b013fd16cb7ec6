"""Types of image arrays. H and W are height and width in pixels; channels are RGB."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ImageU8 = NDArray[np.uint8]
"""RGB image [H, W, 3], uint8, 0 to 255: how images are stored and measured."""

PlaneU8 = NDArray[np.uint8]
"""One channel [H, W], uint8, 0 to 255, such as luma."""

ImageF32 = NDArray[np.float32]
"""RGB image [H, W, 3], float32, nominally in [0, 1]: how the model sees images."""

PlaneF32 = NDArray[np.float32]
"""One channel [H, W], float32."""

PlanesF32 = NDArray[np.float32]
"""Several planes of one size [N, H, W], float32."""
