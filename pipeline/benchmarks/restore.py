"""What each option of `ast-restore restore` gains and costs, on pairs.

    python -m pipeline.benchmarks.restore MODEL PAIRS_FOLDER [--limit N] [--memory MIB]

PAIRS_FOLDER has `input/` and `target/` with pictures of the same names. Printed are the means over the pictures, as written
in 8 bits, and seconds of wall clock for a megapixel, the network included; what post-processing is measured on is the one
plain restoration.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from data.errors import InputError
from data.image.files import IMAGE_SUFFIXES, read_rgb
from pipeline.restoring import scores
from pipeline.restoring.model import PictureModel, require_model
from pipeline.restoring.options import Method
from pipeline.restoring.post_processing import Levels, post_process
from pipeline.restoring.scores import Score
from pipeline.restoring.tiling import DEFAULT_MEMORY

PLAIN = "plain"
HALF_PRECISION = "--half-precision"
ENSEMBLES = {"--self-ensemble": Method(self_ensemble=True), "--mirror-ensemble": Method(mirror_ensemble=True)}
GUIDED_RADII = (1, 2, 4, 8)
COLOUR_RADII = (8, 16, 32, 64)


def benchmark(
    folder: Path, pairs: Path, limit: int | None = None, memory: float = DEFAULT_MEMORY
) -> dict[str, tuple[Score, float]]:
    """Measures every option; what this process loads afterwards computes in half precision.

    Args:
        folder: Of the SavedModel that restores.
        pairs: Folder with `input/` and `target/`.
        limit: Take only so many pictures, the first by name.
        memory: MiB for a part of an image.

    Returns:
        By option, the means and the seconds for a megapixel.

    Raises:
        InputError: There are no pictures, or one has no target of its size.
    """
    inputs = pairs / "input"
    files = [path for path in sorted(inputs.rglob("*")) if path.suffix.lower() in IMAGE_SUFFIXES][:limit]
    if not files:
        raise InputError(f"{inputs}: no PNG or JPEG in it; give a folder that has input/ and target/")
    found: dict[str, list[Score]] = defaultdict(list)
    seconds: dict[str, float] = defaultdict(float)
    megapixels = 0.0
    # In this order: what a graph computes in is settled when it is first called, which also takes longer.
    model = _called(PictureModel.load(folder, memory), files[0])
    halved = _called(PictureModel.load(folder, memory, half_precision=True), files[0])
    for file in files:
        image = read_rgb(file)
        target = read_rgb(scores.target_of(file.relative_to(inputs), pairs / "target"))
        megapixels += image.shape[0] * image.shape[1] / 1e6
        for option, restored, took in _restored(model, halved, image):
            found[option].append(scores.score(image, restored, target))
            seconds[option] += took
    return {option: (scores.mean(values), seconds[option] / megapixels) for option, values in found.items()}


def _called(model: PictureModel, file: Path) -> PictureModel:
    model.restore(read_rgb(file), Method())
    return model


def _restored(model: PictureModel, halved: PictureModel, image: Levels) -> Iterator[tuple[str, Levels, float]]:
    """Yields an image as restored with each option, and the seconds it took."""
    started = time.perf_counter()
    plain = model.restore(image, Method())
    plain_seconds = time.perf_counter() - started
    yield PLAIN, plain, plain_seconds
    started = time.perf_counter()
    yield HALF_PRECISION, halved.restore(image, Method()), time.perf_counter() - started
    for option, method in ENSEMBLES.items():
        started = time.perf_counter()
        yield option, model.restore(image, method), time.perf_counter() - started
    radii = [(f"--guided-filter {radius}", radius, 0) for radius in GUIDED_RADII]
    radii += [(f"--transfer-colour {radius}", 0, radius) for radius in COLOUR_RADII]
    for option, guided, colour in radii:
        started = time.perf_counter()
        done = post_process(image, plain, guided, colour)
        yield option, done, plain_seconds + time.perf_counter() - started


def table(found: dict[str, tuple[Score, float]]) -> str:
    """Returns what `benchmark` found as a Markdown table."""
    lines = [
        "| option | PSNR, dB | against plain | SSIM | against plain | s per megapixel |",
        "|---|---|---|---|---|---|",
    ]
    plain = found[PLAIN][0]
    lines.append(f"| nothing done | {plain.psnr_before:.2f} | | {plain.ssim_before:.4f} | | |")
    for option, (score, seconds) in found.items():
        psnr, ssim = score.psnr_after - plain.psnr_after, score.ssim_after - plain.ssim_after
        values = f"{score.psnr_after:.2f} | {psnr:+.2f} | {score.ssim_after:.4f} | {ssim:+.4f} | {seconds:.2f}"
        lines.append(f"| `{option}` | {values} |")
    return "\n".join(lines)


def main() -> None:
    """Runs the command that the module's docstring shows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, metavar="MODEL")
    parser.add_argument("pairs", type=Path, metavar="PAIRS_FOLDER")
    parser.add_argument("--limit", type=int, help="take only the first pictures")
    parser.add_argument("--memory", type=int, default=DEFAULT_MEMORY, metavar="MIB", help="for a part of an image")
    options = parser.parse_args()
    try:
        require_model(options.model)
        print(table(benchmark(options.model, options.pairs, options.limit, options.memory)))
    except InputError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
