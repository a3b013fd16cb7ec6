"""The contact sheet of a data set: one HTML file that needs no network, input beside target, slice by slice."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from jinja2 import Environment, PackageLoader

from data.errors import InputError
from data.image.arrays import ImageU8
from data.image.codec.encoding import jpeg_data_uri
from data.image.resizing import shrink
from data.stats import SLICE_BY, DataStats
from data.storage.files import write_whole

_LONGEST_SIDE = 420
_QUALITY = 85


def write_contact_sheet(stats: DataStats, file: Path) -> None:
    """Writes the contact sheet.

    Args:
        stats: The counts, the measurements, and the pairs to show.
        file: The HTML file.

    Raises:
        InputError: It cannot be written.
    """
    environment = Environment(loader=PackageLoader("data"), autoescape=True, trim_blocks=False)
    order = {key: number for number, key in enumerate(stats.slices)}
    ranked = sorted(stats.shown, key=lambda pair: order[pair.slice])
    page = environment.get_template("contact_sheet.html").render(
        stats=stats,
        heading=(*SLICE_BY, "pairs", "scenes", "sizes", "PSNR", "SSIM"),
        groups=[(key, list(pairs)) for key, pairs in groupby(ranked, key=lambda pair: pair.slice)],
        thumbnail=_thumbnail,
    )
    try:
        write_whole(file, page)
    except OSError as error:
        raise InputError(f"{file}: cannot be written ({error.strerror}); name another file with --html") from error


def _thumbnail(pixels: ImageU8) -> str:
    """Returns an image as a data URI, shrunk so that many fit on a page."""
    return jpeg_data_uri(shrink(pixels, _LONGEST_SIDE), _QUALITY)
