"""Trains by a configuration on converted records, without the pipeline and its checks, and prints the curve of the training.

    python -m pipeline.benchmarks.train_records RECORDS WORK [--config real] [--set train.seed=2] [--json FILE]

RECORDS holds `span-N/`, from `ast-restore data convert` or `synthesize`. WORK gets the checkpoints, from which a killed
training goes on, and the SavedModel in `model/`, which `python -m pipeline.benchmarks.window_borders WORK/model RECORDS`
measures. The gains are those on the validation scenes, on which recipes are chosen.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from data.errors import InputError
from pipeline.benchmarks.common import command_line, peak_mib, table, write_result
from pipeline.benchmarks.support.trained_network import train_network
from pipeline.config import Config, load
from pipeline.screen.library_logs import quiet


def run(config: Config, records: Path, work: Path) -> dict[str, Any]:
    """Trains.

    Args:
        config: Configuration; its sections `model`, `transform` and `train` are used.
        records: Folder of the spans, all of which are used.
        work: Folder of this training alone.

    Returns:
        The recipe, the validations with the seconds of training until each, and the peak memory, as plain JSON values.

    Raises:
        InputError: There are no spans, or the initial weights do not fit.
    """
    if not list(records.glob("span-*")):
        raise InputError(f"{records}: no span-N in it; give a folder that `data convert` or `synthesize` wrote")
    history = train_network(config, records / "span-*", work)
    curve = [{key: row[key] for key in ("step", "seconds", "gain_psnr", "ssim")} for row in history["validation"]]
    return {"recipe": history["recipe"], "curve": curve, "peak_mib": round(peak_mib())}


def _options() -> argparse.Namespace:
    parser = command_line(__doc__)
    parser.add_argument("records", type=Path, metavar="RECORDS", help="folder of span-N/")
    parser.add_argument("work", type=Path, metavar="WORK", help="folder for the training and the model")
    parser.add_argument("--config", type=Path, default=Path("real"), help="a configuration; default: real")
    parser.add_argument("--set", action="append", default=[], metavar="KEY.PATH=VALUE", help="change one value")
    return parser.parse_args()


def main() -> None:
    """Runs the benchmark."""
    options = _options()
    try:
        with quiet():
            result = run(load(options.config, options.set), options.records, options.work)
    except InputError as error:
        sys.exit(f"train_records: {error}")
    rows = [
        (row["step"], f"{row['seconds']:.0f}", f"{row['gain_psnr']:+.2f}", f"{row['ssim']:.3f}")
        for row in result["curve"]
    ]
    print(table(("step", "seconds", "gain, dB", "SSIM"), rows))
    print(f"\nPeak memory {result['peak_mib']} MiB.")
    write_result(options.json, result)


if __name__ == "__main__":
    main()
