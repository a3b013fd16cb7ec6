"""The images of a run's page: evaluation pairs beside what the judged model makes of them."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import tensorflow as tf

from components.evaluation.measures import GAIN_PSNR, measure
from components.evaluation.restoration_quality import decoded
from components.production.executor import SERVING_FOLDER
from data import features
from data.records import PairRecord
from model_code.saved_model.export import load_restorer
from pipeline.report.collect.mlmd import Execution
from pipeline.report.facts.data_facts import QuarantinedPair
from pipeline.report.facts.example_images import MAX_QUARANTINED_IMAGES, Example, QuarantinedImages, Rank
from pipeline.report.facts.image_facts import ImageGain, median_index
from pipeline.report.wording import signed


def showcase(executions: dict[str, Execution], per_severity: int, images: Sequence[ImageGain] = ()) -> list[Example]:
    """Restores the best, the median and the worst evaluation image, and a few of each severity.

    Args:
        executions: The run's components; without an evaluated model there is nothing to show.
        per_severity: How many images of each severity, of different scenes where there are enough.
        images: The gain of every evaluation image, by which the best, the median and the worst are chosen; where there are
            none, they are chosen among the images that are restored here, and say so.
    """
    evaluator, trainer = executions.get("Evaluator"), executions.get("Trainer")
    if evaluator is None or evaluator.state == "failed" or trainer is None:
        return []
    examples = executions["PairValidator"].outputs["validated_examples"].uri
    pairs = list(_read(examples / f"Split-{features.EVALUATION}"))
    ranked = rank({image.pair_id: image.gain_psnr for image in images}, "evaluation images")
    others = _choose((pair for pair in pairs if pair.pair_id not in ranked), per_severity)
    restorer = load_restorer(trainer.outputs["model"].uri / SERVING_FOLDER)
    chosen = [pair for pair in pairs if pair.pair_id in ranked] + others
    shown = [_restored(pair, *restorer.restore_encoded([pair.input_image])) for pair in chosen]
    ranked = ranked or rank({each.pair_id: each.metrics[GAIN_PSNR] for each in shown}, "images restored for this page")
    return [replace(each, **ranked.get(each.pair_id, {})) for each in shown]


def rank(gains: Mapping[str, float], what: str) -> dict[str, dict[str, Any]]:
    """Returns, by pair, which is best, median and worst, and words that say so.

    Args:
        gains: PSNR gain by pair, dB.
        what: What the pairs are, for the words.
    """
    ordered = sorted(gains, key=lambda pair: (gains[pair], pair))
    if not ordered:
        return {}
    places: dict[Rank, str] = {"worst": ordered[0], "median": ordered[median_index(len(ordered))], "best": ordered[-1]}
    found: dict[str, dict[str, Any]] = {}
    for name in ("best", "worst", "median"):  # of few images, one may be two of them
        pair = places[name]
        if pair not in found:
            chosen = f"{name} gain of {len(ordered)} {what}, {signed(gains[pair])} dB"
            found[pair] = {"rank": name, "chosen": chosen[0].upper() + chosen[1:]}
    return found


def kept_out(executions: dict[str, Execution], quarantine: Sequence[QuarantinedPair]) -> list[QuarantinedImages]:
    """Returns the images of quarantined pairs, as many as a page shows; of those that do not decode there are none.

    Args:
        executions: The run's components.
        quarantine: The pairs.
    """
    wanted = {pair.pair_id for pair in quarantine}
    ingested = executions.get("SpanWindow")
    if not wanted or ingested is None or "examples" not in ingested.outputs:
        return []
    folder = ingested.outputs["examples"].uri
    found = (pair for split in features.SPLITS for pair in _read(folder / f"Split-{split}") if pair.pair_id in wanted)
    images = (_quarantined(pair) for pair in found)
    return list(islice((pair for pair in images if pair is not None), MAX_QUARANTINED_IMAGES))


def _quarantined(pair: PairRecord) -> QuarantinedImages | None:
    try:
        return QuarantinedImages(
            pair_id=pair.pair_id,
            input=decoded(pair.input_image, "input", pair.pair_id),
            target=decoded(pair.target_image, "target", pair.pair_id),
        )
    except ValueError:  # its reason says that it does not decode
        return None


def _read(folder: Path) -> Iterator[PairRecord]:
    for serialized in tf.data.TFRecordDataset(sorted(map(str, folder.glob("*.gz"))), compression_type="GZIP"):
        yield PairRecord.from_example(serialized.numpy())


def _choose(pairs: Iterable[PairRecord], per_severity: int) -> list[PairRecord]:
    """Takes pairs by name, of the scene that is shown least so far: the same ones each time."""
    by_severity: dict[str, list[PairRecord]] = defaultdict(list)
    for pair in pairs:
        by_severity[pair.severity].append(pair)
    shown: dict[str, int] = defaultdict(int)
    chosen = []
    for severity in sorted(by_severity):
        waiting = sorted(by_severity[severity], key=lambda pair: pair.pair_id)
        for _ in range(min(per_severity, len(waiting))):
            best = min(waiting, key=lambda pair: shown[pair.scene_id])
            waiting.remove(best)
            shown[best.scene_id] += 1
            chosen.append(best)
    return chosen


def _restored(pair: PairRecord, restored: bytes) -> Example:
    degraded = decoded(pair.input_image, "input", pair.pair_id)
    image = decoded(restored, "restored image", pair.pair_id)
    target = decoded(pair.target_image, "target", pair.pair_id)
    # A measure that the image is too small for is left out.
    metrics = {name: value for name, value in measure(image, degraded, target).items() if math.isfinite(value)}
    return Example(pair.pair_id, pair.severity, degraded, image, target, metrics=metrics)
