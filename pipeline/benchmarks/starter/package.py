"""Writes a starter that the package holds, from a training of `python -m pipeline.benchmarks.starter`.

    python -m pipeline.benchmarks.starter.package WORK [--degradation rain|haze|raindrop]

WORK is the folder of a finished training. What the starter removes is what its pairs were drawn with; `--degradation` says it
where WORK has no pairs any more. The weights are stored in float16; `python -m pipeline.benchmarks.starter.measure`, with
`--model starter:haze` and with `--model WORK/training/model`, shows what that costs.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from data.errors import InputError
from data.spans.manifest import read_manifests
from model_code.network.settings import ModelSettings
from model_code.weights.starter.files import FOLDER, weights_name
from pipeline.benchmarks.starter.drawings import DRAWINGS
from pipeline.benchmarks.support.trained_network import MODEL


def package(work: Path, degradation: str | None = None, folder: Path = FOLDER) -> Path:
    """Writes the weights of a starter and their description.

    Args:
        work: Folder of a finished training.
        degradation: What it removes; None for what its pairs were drawn with.
        folder: The folder to write.

    Returns:
        The file of weights.

    Raises:
        InputError: There is no finished training, or it is not known, or otherwise than said, what it removes.
    """
    from model_code.network.build import build
    from model_code.training.records import history
    from model_code.weights.starter.weights import write_weights
    from model_code.weights.warm_start import start_from

    degradation, training = _degradation(work, degradation), work / "training"
    if not (training / MODEL).is_dir():
        raise InputError(f"{training / MODEL}: no such folder; finish the training first")
    content = json.loads((training / history.FILE_NAME).read_text(encoding="utf-8"))
    settings = ModelSettings(**content["recipe"]["model"])
    model = build(settings.spec(), img_size=settings.img_size, seed=0)
    start_from(model, str(training / MODEL), None)  # the weights of the best validation
    write_weights(model, settings, degradation, content["best"]["step"], folder)
    return folder / weights_name(degradation)


def _degradation(work: Path, said: str | None) -> str:
    """Returns what the pairs of a training were drawn with."""
    names = {drawing.degradation: name for name, drawing in DRAWINGS.items()}
    drawn = {str(manifest.rule.get("synthesis")) for manifest in read_manifests(work / "records")}
    found = {names[each] for each in drawn if each in names}
    if said is None and len(found) != 1:
        raise InputError(
            f"{work / 'records'}: no pairs of one degradation; say with --degradation what the weights remove"
        )
    if said is not None and found and found != {said}:
        raise InputError(
            f"{work / 'records'}: holds pairs of {', '.join(sorted(drawn))}, not of {said}; leave out --degradation"
        )
    return said or found.pop()


def main() -> None:
    """Writes a starter."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path, metavar="WORK", help="folder of a finished training")
    parser.add_argument("--degradation", choices=DRAWINGS, help="what the weights remove; default: as the pairs say")
    options = parser.parse_args()
    try:
        written = package(options.work, options.degradation)
    except InputError as error:
        sys.exit(f"package: {error}")
    print(f"written: {written}")


if __name__ == "__main__":
    main()
