"""Values of images that the tests of this folder judge."""

from components.evaluation.measures import GAIN_PSNR, GAIN_SSIM, MEASURED, PSNR, SSIM
from components.evaluation.per_image import ImageRow


def row(number, psnr=27.0, gain=5.0, ssim=0.8, scene=None, **classes):
    """Returns one image; each has a scene of its own unless it is named."""
    values = dict.fromkeys(MEASURED, 0.0) | {PSNR: psnr, SSIM: ssim, GAIN_PSNR: gain, GAIN_SSIM: 0.1}
    return ImageRow(f"{number:03d}", scene or f"s{number}", tuple(classes.items()), tuple(values.values()))
