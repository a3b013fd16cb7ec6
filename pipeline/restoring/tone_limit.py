"""Limits how far restoring may change the tone of large areas, by the streaks that it found there.

Rain changes the mean of an area only as far as its streaks lie over it. A network that has learnt to take mist away as well
may darken what was dark before: a face of a building, an animal's flank. On real images that it had not seen, most of its
harm was such a change of tone without streaks. So the change is split by a Gaussian into fine detail, which stays, and
tone, which is limited to a multiple of the detail's root mean square at that place.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from data.image.arrays import ImageF32
from pipeline.restoring.bands import Levels, in_bands, mean_of_bands

_CUT = 4


@dataclass(frozen=True, slots=True)
class ToneLimit:
    """How far the tone may change; the values are those of `pipeline.benchmarks.starter.tone`.

    Attributes:
        radius: Standard deviation in pixels of the Gaussian that separates tone from detail.
        share: Largest change of tone, as a share of the detail's root mean square.
        heavy: Mean root mean square of an image's detail, in [0, 1], from which on rain counts as heavy: streaks merge into a
            veil then, and the limit grows with the square of it.
    """

    radius: int = 16
    share: float = 0.35
    heavy: float = 0.06

    def apply(self, image: Levels, restored: Levels) -> Levels:
        """Limits the change of tone of a restored image.

        Args:
            image: The input, uint8 or uint16 [H, W, 3].
            restored: The restored image, of the same shape and depth.

        Returns:
            [H, W, 3] of the same depth.
        """
        reach = 2 * _CUT * self.radius
        heaviness = mean_of_bands(lambda before, after: self._split(before, after)[2], image, restored, reach)
        share = np.float32(self.share * max(1.0, heaviness / self.heavy) ** 2)

        def limited(before: ImageF32, after: ImageF32) -> ImageF32:
            tone, detail, strength = self._split(before, after)
            most = share * strength[..., None]
            return before + detail + np.clip(tone, -most, most)

        return in_bands(limited, image, restored, reach)

    def _split(self, image: ImageF32, restored: ImageF32) -> tuple[ImageF32, ImageF32, NDArray[np.float32]]:
        """Returns a change's tone and detail, [H, W, 3] each, and the detail's local root mean square, [H, W]."""
        change = restored - image
        tone = self._blurred(change)
        detail = change - tone
        return tone, detail, np.sqrt(self._blurred(np.square(detail).mean(axis=2)))

    def _blurred(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        side = 2 * _CUT * self.radius + 1
        blurred = cv2.GaussianBlur(values, (side, side), self.radius, borderType=cv2.BORDER_REFLECT)
        return np.asarray(blurred, np.float32)
