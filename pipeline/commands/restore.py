"""`ast-restore restore`."""

from __future__ import annotations

from pathlib import Path

import click

from data.image.files import Limits
from pipeline.commands.options import memory_option, models_option, with_options
from pipeline.restoring.options import JPEG_QUALITY, LIMITS, Method, Options

_PLACES = with_options(
    click.argument("sources", nargs=-1, required=True, metavar="IMAGE_OR_FOLDER..."),
    click.option(
        "--output",
        required=True,
        type=click.Path(path_type=Path, allow_dash=True),
        help="Folder for the restored images; - for standard output.",
    ),
    click.option(
        "--model",
        type=click.Path(path_type=Path),
        help="Folder of a SavedModel. Default: the newest version in --models.",
    ),
    models_option(", whose newest version is used unless --model is given"),
    click.option("--skip-existing", is_flag=True, help="Leave alone what has a result in --output already."),
)
_COSTS = with_options(
    memory_option,
    click.option(
        "--max-pixels",
        type=click.IntRange(min=1),
        default=LIMITS.max_pixels,
        show_default=True,
        help="Refuse images of more pixels, before they are decoded.",
    ),
    click.option(
        "--max-bytes",
        type=click.IntRange(min=1),
        default=LIMITS.max_bytes,
        show_default=True,
        help="Refuse larger files.",
    ),
)
_RESULTS = with_options(
    click.option(
        "--quality",
        type=click.IntRange(1, 100),
        default=JPEG_QUALITY,
        show_default=True,
        help="Of restored JPEG files.",
    ),
    click.option("--compare", is_flag=True, help="Write a sheet of before and after beside each, as NAME.compare.png."),
    click.option(
        "--compare-folder", type=click.Path(path_type=Path), metavar="FOLDER", help="Write those sheets there instead."
    ),
    click.option(
        "--target",
        type=click.Path(path_type=Path, exists=True, file_okay=False),
        metavar="FOLDER",
        help="Clean images under the same names: print PSNR and SSIM of each before and after, and their means.",
    ),
)
_METHOD = with_options(
    click.option(
        "--self-ensemble", is_flag=True, help="Take the mean over the eight ways to turn and mirror: 8 times the work."
    ),
    click.option(
        "--mirror-ensemble",
        is_flag=True,
        help="Take the mean over the four ways to mirror, which leave rain upright: 4 times the work.",
    ),
    click.option(
        "--half-precision",
        is_flag=True,
        help="Compute products in bfloat16 (float16 on a GPU): slower on a processor without instructions for it.",
    ),
    click.option(
        "--guided-filter",
        type=click.IntRange(min=0),
        default=0,
        metavar="R",
        help="Afterwards, smooth within R pixels but not across edges.",
    ),
    click.option(
        "--transfer-colour",
        type=click.IntRange(min=0),
        default=0,
        metavar="R",
        help="Afterwards, take the colour of areas larger than R pixels from the input.",
    ),
)


@click.command()
@_PLACES
@_RESULTS
@_METHOD
@_COSTS
def restore(
    sources: tuple[str, ...],
    output: Path,
    model: Path | None,
    models: Path,
    skip_existing: bool,
    quality: int,
    compare: bool,
    compare_folder: Path | None,
    target: Path | None,
    self_ensemble: bool,
    mirror_ensemble: bool,
    half_precision: bool,
    guided_filter: int,
    transfer_colour: int,
    memory: int,
    max_pixels: int,
    max_bytes: int,
) -> int:
    """Restore PNG and JPEG images, of any size, and write them under their own names.

    A source is a file, a folder that stands for all images in it and below, a pattern in quotes such as 'day?/*.jpg', or - for
    standard input. Large images are restored in tiles that fade into each other. Format, depth (8 or 16 bits), alpha,
    gray, EXIF, ICC profile and orientation stay as they are. A file that is no image is named and the others are done; the
    exit code is then 2.

    A video is a folder of frames (frame-0001.png and so on): they are restored in the order of their names, each on its
    own, and --skip-existing goes on where an earlier call ended.
    """
    if compare and str(output) == "-" and compare_folder is None:
        raise click.UsageError("--compare has no place beside standard output; name one with --compare-folder")
    if self_ensemble and mirror_ensemble:
        raise click.UsageError("--self-ensemble and --mirror-ensemble are two ways to take a mean; choose one")
    # TensorFlow takes seconds to load; a mistake on the command line need not wait for it.
    from pipeline.restoring.model import newest_model
    from pipeline.restoring.run import restore_images

    options = Options(
        memory=memory,
        half_precision=half_precision,
        method=Method(self_ensemble, mirror_ensemble, guided_filter, transfer_colour),
        quality=quality,
        limits=Limits(max_bytes=max_bytes, max_pixels=max_pixels),
        compare=compare or compare_folder is not None,
        compare_folder=compare_folder,
        target=target,
        skip_existing=skip_existing,
    )
    folder = None if str(output) == "-" else output
    return restore_images(sources, folder, model or newest_model(models), options)
