"""Compares real pairs with pairs that the project draws: how much a degradation changes, and how much of the scene it leaves.

    python -m pipeline.benchmarks.synthesis.likeness DIR --layout agan-raindrop --degradation raindrop [--json FILE]

The degradation is drawn on the middle of each of the project's photographs, twice at each severity. Drawn pairs have the
median of each figure, real pairs have a row each.
"""

from __future__ import annotations

import sys
import zlib
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from data.errors import InputError
from data.features import SEVERITIES
from data.image.arrays import ImageU8, PlaneF32
from data.image.codec.files import read_rgb
from data.image.luma import luma_full_range
from data.image.measures import psnr
from data.layouts.choice import LayoutChoice, choose_layout
from data.synthesis.degradations import degrade
from data.synthesis.embedded import embedded_photos
from data.synthesis.linear_light import to_linear
from data.synthesis.names import kinds_of
from pipeline.benchmarks.common import command_line, table, write_result
from pipeline.benchmarks.support.pair_sets import CROP, folder_set

_WINDOW = 0.02  # of the shorter side: standard deviation of the windows in which the two images are compared
_SMOOTH = 4.0  # pixels: standard deviation of the blur that leaves only what is broader than texture
_CHANGED = 12.0  # grey levels of the blurred difference that count as a change
_NOISE = 2e-4  # variance in linear light of a window that is plain
_SMALLEST = 30  # pixels of a changed region


class Likeness(NamedTuple):
    """Figures of one pair.

    Attributes:
        psnr: Of the input, dB.
        over_20: Share of pixels of which a channel changed by more than 20 grey levels.
        over_40: The same for 40.
        kept: Slope of the input's linear light over the target's in a small window, the median over the image: the share of the
            light that still comes from the scene behind each point.
        kept_least: The tenth of the image that keeps least.
        changed: Share of the area whose mean over some pixels changed by more than 12 grey levels.
        regions: Number of separate changed regions.
        sharpness: Mean absolute Laplacian of the changed area, as a share of the target's there.
    """

    psnr: float
    over_20: float
    over_40: float
    kept: float
    kept_least: float
    changed: float
    regions: float
    sharpness: float


def compare(degraded: ImageU8, target: ImageU8) -> Likeness:
    """Measures one pair.

    Args:
        degraded: The input, uint8 RGB [H, W, 3].
        target: The clean image, of the same shape.

    Returns:
        Its figures.
    """
    difference = degraded.astype(np.float32) - target
    most = np.abs(difference).max(axis=2)
    changed = np.abs(cv2.GaussianBlur(difference, (0, 0), _SMOOTH)).max(axis=2) > _CHANGED
    _, _, regions, _ = cv2.connectedComponentsWithStats(changed.astype(np.uint8))
    slope = _slope(degraded, target)
    ratio = _sharpness(degraded, changed) / _sharpness(target, changed) if changed.any() else 1.0
    return Likeness(
        psnr(degraded, target),
        float((most > 20).mean()),
        float((most > 40).mean()),
        float(np.median(slope)),
        float(np.quantile(slope, 0.1)),
        float(changed.mean()),
        int((regions[1:, cv2.CC_STAT_AREA] > _SMALLEST).sum()),
        ratio,
    )


def _slope(degraded: ImageU8, target: ImageU8) -> PlaneF32:
    """Returns the slope of the regression of one image's light over the other's around each pixel."""
    sigma = _WINDOW * min(target.shape[:2])
    seen, clean = (to_linear(image).mean(axis=2) for image in (degraded, target))
    mean_seen, mean_clean, product, square = (
        cv2.GaussianBlur(plane, (0, 0), sigma) for plane in (seen, clean, seen * clean, clean * clean)
    )
    covariance, variance = product - mean_seen * mean_clean, square - mean_clean**2
    # A plain window says nothing about how much comes through.
    return (covariance / np.maximum(variance, _NOISE))[variance > _NOISE]


def _sharpness(image: ImageU8, where: PlaneF32) -> float:
    return float(np.abs(cv2.Laplacian(luma_full_range(image).astype(np.float32), cv2.CV_32F))[where].mean())


def drawn(degradation: str, severity: str) -> Likeness:
    """Returns the median figures of the project's photographs with a degradation.

    Args:
        degradation: Its name, as for `data.synthesis.names.kinds_of`.
        severity: One of `data.features.SEVERITIES`.
    """
    rows = []
    for photo in sorted(embedded_photos().glob("*.jpg")):
        whole = read_rgb(photo)
        height, width = (min(have, want) for have, want in zip(whole.shape[:2], CROP, strict=True))
        top, left = (whole.shape[0] - height) // 2, (whole.shape[1] - width) // 2
        clean = np.ascontiguousarray(whole[top : top + height, left : left + width])
        stream = zlib.crc32(f"{photo.stem} {severity}".encode())
        rows += [compare(degrade(clean, degradation, severity, seed, stream), clean) for seed in (1, 2)]
    return Likeness(*(float(value) for value in np.median(rows, axis=0)))


def main() -> None:
    """Runs the benchmark."""
    parser = command_line(__doc__)
    parser.add_argument("pairs", type=Path, metavar="DIR", help="folder of the real pairs")
    parser.add_argument("--layout", required=True, help="its layout, as for `ast-restore data convert`")
    parser.add_argument("--degradation", required=True, help="what is drawn, as for `ast-restore data synthesize`")
    options = parser.parse_args()
    try:
        kinds_of(options.degradation)
        real = folder_set(options.pairs, choose_layout(LayoutChoice(options.layout)))
        rows = {pair.name: compare(*pair.load()) for pair in real.pairs}
    except InputError as error:
        sys.exit(f"likeness: {error}")
    rows |= {f"drawn, {severity}": drawn(options.degradation, severity) for severity in SEVERITIES}
    cells = [(name, f"{row.psnr:.2f}", *(f"{value:.2f}" for value in row[1:6]), round(row.regions), f"{row.sharpness:.2f}")
             for name, row in rows.items()]  # fmt: skip
    print(table(("pair", *Likeness._fields), cells))
    write_result(options.json, {name: row._asdict() for name, row in rows.items()})


if __name__ == "__main__":
    main()
