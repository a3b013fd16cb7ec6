"""The images of a run report: evaluation pairs with the image that the judged model restores, and quarantined pairs."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import tensorflow as tf

from components.evaluation.decoding import decode_example_image
from components.evaluation.measure_image import measure
from components.evaluation.measures import GAIN_PSNR
from components.evaluation.restored_images import kept_image
from components.production.properties import SERVING_FOLDER
from data import features
from data.records import PairRecord
from model_code.saved_model.loading import load_restorer
from pipeline.report.collect.mlmd import Execution, completed
from pipeline.report.facts.data_facts import QuarantinedPair
from pipeline.report.facts.example_images import MAX_QUARANTINED_IMAGES, Example, QuarantinedImages, Rank
from pipeline.report.facts.image_facts import ImageGain, median_index
from pipeline.report.wording import signed


@dataclass(frozen=True, slots=True)
class RankedPair:
    """The rank of a pair by its gain, and the same in words (`Example.rank` and `Example.chosen`)."""

    rank: Rank
    chosen: str


def example_images(
    executions: dict[str, Execution], per_severity: int, images: Sequence[ImageGain] = ()
) -> list[Example]:
    """Returns the evaluation images with the best, the median and the worst gain, and a few of each severity.

    Those that the Evaluator did not keep are restored.

    Args:
        executions: The run's executions by component.
        per_severity: Number of images of each severity, of different scenes where there are enough.
        images: The gain on every evaluation image, by which they are ranked; without them, the images of the severities
            are ranked among themselves.

    Returns:
        The examples; empty where no model was evaluated.
    """
    evaluator, trainer = completed(executions, "Evaluator"), executions.get("Trainer")
    if evaluator is None or trainer is None:
        return []
    validated = executions["PairValidator"].outputs["validated_examples"].uri
    pairs = list(_read_pairs(validated / f"Split-{features.EVALUATION}"))
    ranks = rank({image.pair_id: image.gain_psnr for image in images}, "evaluation images")
    others = _choose((pair for pair in pairs if pair.pair_id not in ranks), per_severity)
    chosen = [pair for pair in pairs if pair.pair_id in ranks] + others
    restored = _restored(chosen, evaluator.outputs["evaluation"].uri, trainer.outputs["model"].uri / SERVING_FOLDER)
    examples = [_example(pair, image) for pair, image in zip(chosen, restored, strict=True)]
    if not ranks:
        gains = {example.pair_id: example.metrics[GAIN_PSNR] for example in examples}
        ranks = rank(gains, "images restored for this report")
    return [_with_rank(example, ranks) for example in examples]


def _restored(pairs: Sequence[PairRecord], evaluation: Path, model: Path) -> Iterator[bytes]:
    """Yields what the judged model makes of each input, PNG bytes; it is loaded only if the Evaluator did not keep them."""
    restorer = None
    for pair in pairs:
        image = kept_image(evaluation, pair.input_image)
        if image is None:
            restorer = restorer or load_restorer(model)
            (image,) = restorer.restore_encoded([pair.input_image])
        yield image


def rank(gains: Mapping[str, float], what: str) -> dict[str, RankedPair]:
    """Ranks pairs by gain.

    Args:
        gains: PSNR gain by pair, dB.
        what: Name of the images in words, plural.

    Returns:
        The best, the worst and the median pair; of fewer than three pairs, each is named once.
    """
    ordered = sorted(gains, key=lambda pair: (gains[pair], pair))
    if not ordered:
        return {}
    by_rank: dict[Rank, str] = {
        "best": ordered[-1],
        "worst": ordered[0],
        "median": ordered[median_index(len(ordered))],
    }
    ranked: dict[str, RankedPair] = {}
    for name, pair in by_rank.items():
        words = f"{name.capitalize()} gain of {len(ordered)} {what}, {signed(gains[pair])} dB"
        ranked.setdefault(pair, RankedPair(name, words))
    return ranked


def _with_rank(example: Example, ranks: Mapping[str, RankedPair]) -> Example:
    ranked = ranks.get(example.pair_id)
    return replace(example, rank=ranked.rank, chosen=ranked.chosen) if ranked else example


def quarantined_images(
    executions: dict[str, Execution], quarantine: Sequence[QuarantinedPair], first: Sequence[str] = ()
) -> list[QuarantinedImages]:
    """Reads the images of quarantined pairs, at most `MAX_QUARANTINED_IMAGES` pairs; those that do not decode are skipped.

    Args:
        executions: The run's executions by component.
        quarantine: The pairs.
        first: Ids of pairs that are read in any case.
    """
    others = {pair.pair_id for pair in quarantine}.difference(first)
    return (_images_of(executions, set(first)) + _images_of(executions, others))[:MAX_QUARANTINED_IMAGES]


def _images_of(executions: dict[str, Execution], wanted: set[str]) -> list[QuarantinedImages]:
    ingested = executions.get("SpanWindow")
    if not wanted or ingested is None or "examples" not in ingested.outputs:
        return []
    folder = ingested.outputs["examples"].uri
    pairs = (pair for split in features.SPLITS for pair in _read_pairs(folder / f"Split-{split}"))
    decodable = (_quarantined(pair) for pair in pairs if pair.pair_id in wanted)
    return list(islice((images for images in decodable if images is not None), MAX_QUARANTINED_IMAGES))


def _quarantined(pair: PairRecord) -> QuarantinedImages | None:
    try:
        return QuarantinedImages(
            pair_id=pair.pair_id,
            input=decode_example_image(pair.input_image, "input", pair.pair_id),
            target=decode_example_image(pair.target_image, "target", pair.pair_id),
        )
    except ValueError:  # the pair's reason says that it does not decode
        return None


def _read_pairs(folder: Path) -> Iterator[PairRecord]:
    for serialized in tf.data.TFRecordDataset(sorted(map(str, folder.glob("*.gz"))), compression_type="GZIP"):
        yield PairRecord.from_example(serialized.numpy())


def _choose(pairs: Iterable[PairRecord], per_severity: int) -> list[PairRecord]:
    """Chooses pairs of each severity in alphabetical order, each from the scene that was chosen least so far."""
    by_severity: dict[str, list[PairRecord]] = defaultdict(list)
    for pair in pairs:
        by_severity[pair.severity].append(pair)
    times_chosen: dict[str, int] = defaultdict(int)
    chosen = []
    for severity in sorted(by_severity):
        waiting = sorted(by_severity[severity], key=lambda pair: pair.pair_id)
        for _ in range(min(per_severity, len(waiting))):
            best = min(waiting, key=lambda pair: times_chosen[pair.scene_id])
            waiting.remove(best)
            times_chosen[best.scene_id] += 1
            chosen.append(best)
    return chosen


def _example(pair: PairRecord, restored_png: bytes) -> Example:
    degraded = decode_example_image(pair.input_image, "input", pair.pair_id)
    restored = decode_example_image(restored_png, "restored image", pair.pair_id)
    target = decode_example_image(pair.target_image, "target", pair.pair_id)
    # A measure that the image is too small for is NaN.
    metrics = {name: value for name, value in measure(restored, degraded, target).items() if math.isfinite(value)}
    return Example(pair.pair_id, pair.severity, degraded, restored, target, metrics=metrics)
