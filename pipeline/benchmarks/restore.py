"""Measures gain and cost of each option of `ast-restore restore` on pairs.

    python -m pipeline.benchmarks.restore MODEL PAIRS_FOLDER [--limit N] [--memory MIB] [--json FILE]

PAIRS_FOLDER has `input/` and `target/` with images of the same names. Prints the means over the images at 8 bits, and the wall
time per megapixel, network included. Post-processing is applied to one plain restoration of each image.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from data.errors import InputError
from data.image.codec.files import IMAGE_SUFFIXES, read_rgb
from model_code.saved_model.tiling import DEFAULT_MEMORY
from pipeline.benchmarks.common import command_line, stopwatch, table, write_result
from pipeline.restoring import scores
from pipeline.restoring.model import ImageRestorer, require_model
from pipeline.restoring.options import Method
from pipeline.restoring.original_image import to_8_bits
from pipeline.restoring.post_processing import Levels, post_process
from pipeline.restoring.scores import Score

PLAIN = "plain"
HALF_PRECISION = "--precision half"
ENSEMBLES = {"--self-ensemble": Method(self_ensemble=True), "--mirror-ensemble": Method(mirror_ensemble=True)}
GUIDED_RADII = (1, 2, 4, 8)
COLOUR_RADII = (8, 16, 32, 64)


def benchmark(
    folder: Path, pairs: Path, limit: int | None = None, memory: float = DEFAULT_MEMORY
) -> dict[str, tuple[Score, float]]:
    """Measures every option.

    Args:
        folder: Folder of the SavedModel.
        pairs: Folder with `input/` and `target/`.
        limit: Number of images, the first by name; None for all.
        memory: MiB that restoring a part of an image may take.

    Returns:
        Mean score and seconds per megapixel, by option.

    Raises:
        InputError: There are no images, or an image has no target of its size.
    """
    inputs = pairs / "input"
    files = [path for path in sorted(inputs.rglob("*")) if path.suffix.lower() in IMAGE_SUFFIXES][:limit]
    if not files:
        raise InputError(f"{inputs}: no PNG or JPEG in it; give a folder that has input/ and target/")
    values: dict[str, list[Score]] = defaultdict(list)
    seconds: dict[str, float] = defaultdict(float)
    megapixels = 0.0
    # The first call takes longer than later ones.
    model = _warmed_up(ImageRestorer.load(folder, memory), files[0])
    halved = _warmed_up(ImageRestorer.load(folder, memory, precision="half"), files[0])
    for file in files:
        image = read_rgb(file)
        target = read_rgb(scores.target_of(file.relative_to(inputs), pairs / "target"))
        megapixels += image.shape[0] * image.shape[1] / 1e6
        for option, restored, took in _restored(model, halved, image):
            values[option].append(scores.score(image, to_8_bits(restored), target))
            seconds[option] += took
    return {option: (scores.mean(of_option), seconds[option] / megapixels) for option, of_option in values.items()}


def _warmed_up(model: ImageRestorer, file: Path) -> ImageRestorer:
    model.restore(read_rgb(file), Method())
    return model


def _restored(model: ImageRestorer, halved: ImageRestorer, image: Levels) -> Iterator[tuple[str, Levels, float]]:
    """Yields the name of each option, the image restored with it, and the seconds it took."""
    with stopwatch() as plain_seconds:
        plain = model.restore(image, Method())
    yield PLAIN, plain, plain_seconds()
    for option, network, method in (
        (HALF_PRECISION, halved, Method()),
        *((option, model, method) for option, method in ENSEMBLES.items()),
    ):
        with stopwatch() as seconds:
            restored = network.restore(image, method)
        yield option, restored, seconds()
    radii = [(f"--guided-filter {radius}", radius, 0) for radius in GUIDED_RADII]
    radii += [(f"--transfer-colour {radius}", 0, radius) for radius in COLOUR_RADII]
    for option, guided, colour in radii:
        with stopwatch() as seconds:
            restored = post_process(image, plain, guided, colour)
        yield option, restored, plain_seconds() + seconds()


def option_table(figures: Mapping[str, tuple[Score, float]]) -> str:
    """Returns the result of `benchmark` as a Markdown table."""
    plain = figures[PLAIN][0]
    rows = [["input", f"{plain.psnr_before:.2f}", "", f"{plain.ssim_before:.4f}", "", ""]]
    for option, (score, seconds) in figures.items():
        psnr, ssim = score.psnr_after - plain.psnr_after, score.ssim_after - plain.ssim_after
        values = [f"{score.psnr_after:.2f}", f"{psnr:+.2f}", f"{score.ssim_after:.4f}", f"{ssim:+.4f}"]
        rows.append([f"`{option}`", *values, f"{seconds:.2f}"])
    return table(("option", "PSNR, dB", "against plain", "SSIM", "against plain", "s per megapixel"), rows)


def _parser() -> argparse.ArgumentParser:
    parser = command_line(__doc__)
    parser.add_argument("model", type=Path, metavar="MODEL", help="folder of a SavedModel")
    parser.add_argument("pairs", type=Path, metavar="PAIRS_FOLDER", help="folder with input/ and target/")
    parser.add_argument("--limit", type=int, help="number of images, the first by name; default: all")
    parser.add_argument(
        "--memory", type=int, default=DEFAULT_MEMORY, metavar="MIB", help="memory for a part of an image, in MiB"
    )
    return parser


def main() -> None:
    """Runs the benchmark."""
    parser = _parser()
    options = parser.parse_args()
    try:
        require_model(options.model)
        figures = benchmark(options.model, options.pairs, options.limit, options.memory)
    except InputError as error:
        parser.error(str(error))
    print(option_table(figures))
    result = {name: {**asdict(score), "seconds_per_megapixel": cost} for name, (score, cost) in figures.items()}
    write_result(options.json, {"options": result})


if __name__ == "__main__":
    main()
