"""`ast-restore restore`."""

from __future__ import annotations

from pathlib import Path

import click
from click.core import ParameterSource

from data.image.codec.decoding import Limits
from model_code.saved_model.precision_names import InferencePrecision
from pipeline import exit_codes
from pipeline.commands.options import (
    ModelOrStarter,
    memory_option,
    models_option,
    precision_option,
    renamed_option,
    signature_option,
    trust_model_option,
    whole_workspace_option,
    with_options,
)
from pipeline.commands.parameter_types import FilePath, NonEmpty, WholeRange
from pipeline.restoring.options import JPEG_QUALITY, LIMITS, Method, Options

_LARGEST_RADIUS = 4096  # pixels; OpenCV's memory grows with it, whatever the size of the image

_EPILOG = exit_codes.epilog(
    exit_codes.RESTORE,
    "ast-restore restore photo.jpg --output restored",
    "ast-restore restore frames --output restored --skip-existing",
)

_FILES = with_options(
    click.argument("sources", nargs=-1, required=True, type=NonEmpty(), metavar="IMAGE_OR_FOLDER..."),
    click.option(
        "--output",
        required=True,
        type=FilePath(file_okay=False, allow_dash=True),
        help="Folder for the restored images; - writes one image to standard output.",
    ),
    click.option(
        "--model",
        type=ModelOrStarter(),
        metavar="FOLDER",
        help="Folder of a SavedModel, or a starter: `starter` (for rain), `starter:haze`, `starter:raindrop`.  "
        "[default: newest in --models, else the starter]",
    ),
    models_option(", whose newest version is used unless --model is given"),
    whole_workspace_option,
    trust_model_option,
    signature_option,
    click.option("--skip-existing", is_flag=True, help="Skip images that have a result in --output already."),
)
_COSTS = with_options(
    memory_option,
    click.option(
        "--max-pixels",
        type=WholeRange(min=1),
        default=LIMITS.max_pixels,
        show_default=True,
        help="Maximum pixels per image, read from its header.",
    ),
    click.option(
        "--max-bytes",
        type=WholeRange(min=1),
        default=LIMITS.max_bytes,
        show_default=True,
        help="Maximum bytes per file.",
    ),
)
_RESULTS = with_options(
    click.option(
        "--quality",
        type=WholeRange(1, 100),
        default=JPEG_QUALITY,
        show_default=True,
        help="Quality of restored JPEG files, 1 to 100.",
    ),
    click.option(
        "--compare", is_flag=True, help="Write NAME.compare.png beside each result, with the image before and after."
    ),
    click.option(
        "--compare-folder",
        type=FilePath(file_okay=False),
        metavar="FOLDER",
        help="Folder for the comparison images; implies --compare.",
    ),
    click.option(
        "--target",
        type=FilePath(exists=True, file_okay=False),
        metavar="FOLDER",
        help="Folder of clean images under the same names; PSNR and SSIM before and after are printed, and their means.",
    ),
)
_METHOD = with_options(
    click.option(
        "--self-ensemble",
        is_flag=True,
        help="Average the results over the eight rotations and reflections; takes 8 times as long.",
    ),
    click.option(
        "--mirror-ensemble",
        is_flag=True,
        help="Average the results over the four reflections, which leave rain upright; takes 4 times as long.",
    ),
    precision_option,
    renamed_option("--half-precision", "--precision", is_flag=True, flag_value="half"),
    click.option(
        "--guided-filter",
        type=WholeRange(0, _LARGEST_RADIUS),
        default=0,
        metavar="R",
        help="Radius in pixels of an edge-preserving smoothing of the result.  [default: 0, none]",
    ),
    click.option(
        "--transfer-colour",
        type=WholeRange(0, _LARGEST_RADIUS),
        default=0,
        metavar="R",
        help="Take the colour of areas larger than R pixels from the input.  [default: 0, off]",
    ),
    click.option(
        "--limit-tone/--no-limit-tone",
        default=None,
        help="Lighten or darken an area only as far as the streaks found there explain.  [default: with the starter for rain]",
    ),
)


@click.command(epilog=_EPILOG)
@_FILES
@_RESULTS
@_METHOD
@_COSTS
def restore(
    sources: tuple[str, ...],
    output: Path,
    model: Path | None,
    models: Path,
    trust_model: bool,
    public_key: Path | None,
    skip_existing: bool,
    quality: int,
    compare: bool,
    compare_folder: Path | None,
    target: Path | None,
    self_ensemble: bool,
    mirror_ensemble: bool,
    precision: InferencePrecision,
    guided_filter: int,
    transfer_colour: int,
    limit_tone: bool | None,
    memory: int,
    max_pixels: int,
    max_bytes: int,
) -> int:
    """Restore PNG and JPEG images of any size.

    The results have the names of the sources. A source is a file, a folder with all images in it and below, a pattern
    in quotes such as 'day?/*.jpg', or - for standard input. Large images are restored in tiles that fade into each
    other. Format, depth (8 or 16 bits), alpha, gray, EXIF, ICC profile and orientation are preserved. Unreadable files
    are reported and skipped; the exit code is then 2.

    A video is a folder of frames (frame-0001.png and so on): they are restored in the order of their names, each on its
    own, and --skip-existing resumes an interrupted call.
    """
    if compare and str(output) == "-" and compare_folder is None:
        raise click.UsageError("--compare cannot write beside standard output; name a folder with --compare-folder")
    if self_ensemble and mirror_ensemble:
        raise click.UsageError("--self-ensemble and --mirror-ensemble exclude each other; choose one")
    # TensorFlow takes seconds to load; an error on the command line is reported before that.
    from pipeline.restoring.model import newest_model, newest_model_or_starter
    from pipeline.restoring.run import restore_images

    options = Options(
        memory=memory,
        precision=precision,
        method=Method(self_ensemble, mirror_ensemble, guided_filter, transfer_colour, limit_tone),
        quality=quality,
        limits=Limits(max_bytes=max_bytes, max_pixels=max_pixels),
        compare=compare or compare_folder is not None,
        compare_folder=compare_folder,
        target=target,
        skip_existing=skip_existing,
        trust_model=trust_model,
        public_key=public_key,
    )
    folder = None if str(output) == "-" else output
    # Whoever names a push destination means a model that was pushed there.
    is_default = click.get_current_context().get_parameter_source("models") is ParameterSource.DEFAULT
    chosen = model or (newest_model_or_starter(models) if is_default else newest_model(models))
    return restore_images(sources, folder, chosen, options)
