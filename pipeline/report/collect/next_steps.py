"""What to do next about a refusal: one remedy for each rule that a model or a data set breaks."""

from __future__ import annotations

from collections.abc import Sequence

from components.evaluation.measures import GAIN_PSNR, GAIN_SSIM, PSNR, SSIM
from components.evaluation.per_image import SHARE_WORSE
from components.gate.judge import SCENES
from components.gate.threshold_result import CHANGE_PSNR, CHANGE_SSIM, ThresholdResult
from components.infra_check.check import InfraResult
from pipeline.report.wording import SERVING, SERVING_MEMORY, SERVING_TIME

_TRAIN_LONGER = "train with more steps (`train.stages`) or from weights (`train.warm_start`)"

OVERALL_REMEDIES: dict[str, str] = {
    SCENES: "convert the data again with a larger share for evaluation (`data convert --shares`; `data.synthesis.shares` of "
    "drawn data), or add scenes; `gate.min_scenes` is the least number",
    PSNR: "look at the restored images in the report; where they are ruined, train with a lower rate (`train.stages`); where "
    "they are not, the data is harder than `gate.min_psnr` expects",
    SSIM: "look at the restored images in the report; where they are smooth, add `ssim` to `train.loss`; where they are not, "
    "the data is harder than `gate.min_ssim` expects",
    GAIN_PSNR: f"{_TRAIN_LONGER}; a wide interval needs more evaluation scenes (`data convert --shares`)",
    GAIN_SSIM: f"add `ssim` to `train.loss`, or {_TRAIN_LONGER}",
    SHARE_WORSE: "look at the worst images in the report, and add training pairs like them, light and clean ones too",
    CHANGE_PSNR: "train on from the production model (`train.warm_start`) or with more steps (`train.stages`); more evaluation "
    "scenes narrow the interval; `gate.tolerance_psnr` is what counts as equal",
    CHANGE_SSIM: "train on from the production model (`train.warm_start`) with `ssim` in `train.loss`; `gate.tolerance_ssim` "
    "is what counts as equal",
    SERVING_TIME: "choose a smaller `model.variant`, or raise `infra.max_seconds_per_megapixel` if users may wait longer",
    SERVING_MEMORY: "choose a smaller `model.variant`, or raise `infra.max_memory_mb` if the server has more",
}
"""The remedy for each threshold over all images, a clause without a full stop."""

SLICE_REMEDIES: dict[str, str] = {
    GAIN_PSNR: "add training pairs of this kind; `gate.slice_gains_psnr` sets a threshold of its own for a slice",
    CHANGE_PSNR: "add training pairs of this kind, and train on from the production model (`train.warm_start`)",
}
"""The remedy for each threshold of a slice."""

NOT_FINITE = (
    "the model gives no number on some image: train with a lower rate (`train.stages`) or `train.precision=float32`"
)
"""The remedy where a value could not be measured, whatever its threshold."""

CANNOT_BE_SERVED = (
    "read what the model did in log.txt, and load it alone: `ast-restore restore --model` with the model of this run; "
    "`infra.timeout_seconds` is the time that it has"
)
ROLLED_BACK = "bring it back by `ast-restore models promote`, or change the data or the configuration and run again"
NOT_BLESSED = (
    "read why TFX's InfraValidator did not bless it in log.txt, or check without docker: `--set infra.docker=false`"
)


def steps_after(results: Sequence[ThresholdResult], infra: InfraResult | None, reason: str | None) -> tuple[str, ...]:
    """Returns what to do about a model that was refused, each remedy once.

    Args:
        results: All thresholds of the gate and of serving.
        infra: Result of the InfraCheck; None where TFX's InfraValidator took its place.
        reason: Why the Pusher refused a model that the gate let through; None where it did not.

    Returns:
        Clauses without a full stop, those for all images first; at least one.
    """
    steps = [remedy_of(result) for result in results if not result.passed]
    if infra is not None and len(infra.problems) > sum(
        result.name in SERVING and not result.passed for result in results
    ):
        steps.append(CANNOT_BE_SERVED)  # beside time and memory, which have thresholds
    if reason:
        steps.append(ROLLED_BACK)
    return tuple(dict.fromkeys(steps)) or (NOT_BLESSED,)


def remedy_of(result: ThresholdResult) -> str:
    """Returns what to do about one threshold that is not met.

    Args:
        result: The threshold.

    Raises:
        KeyError: No remedy is written for a threshold of this name.
    """
    if result.value is None:
        return CANNOT_BE_SERVED if result.name in SERVING else NOT_FINITE
    return (OVERALL_REMEDIES if result.slice.is_overall else SLICE_REMEDIES)[result.name]
