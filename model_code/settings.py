"""What steers preprocessing, the model and its training: names, units, reasons, defaults. Imports nothing heavy."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from data.strict_model import StrictModel
from model_code.network.spec import NetworkSpec, resolve

Turns = Literal["dihedral", "flips", "none"]
LossName = Literal["charbonnier", "l1", "ssim", "ms_ssim", "edge", "fft", "colour", "perceptual"]
Distribution = Literal["none", "mirrored", "multi_worker"]
Precision = Literal["float32", "mixed_bfloat16", "mixed_float16"]


class PreprocessSettings(StrictModel):
    """What Transform does to a pair before training sees it."""

    max_side: int = Field(
        0,
        ge=0,
        description="Longest side in pixels; larger pairs are shrunk (area). 0: never, streaks stay as they are.",
    )


class ModelSettings(StrictModel):
    """Which network to train: a named variant, any of whose numbers may be given otherwise."""

    variant: str = Field(default="micro8", description="A name out of `network_spec.VARIANTS`.")
    img_size: int = Field(
        default=128, ge=16, description="Nominal side in pixels: sets windows and shifts, not what fits in."
    )
    embed_dim: int | None = Field(default=None, description="Width at full resolution, in channels.")
    depths: tuple[int, ...] | None = Field(
        default=None, description="Blocks of encoder 0..3, bottleneck, decoder 0..3."
    )
    num_heads: tuple[int, ...] | None = Field(default=None, description="Attention heads of the same nine stages.")
    win_size: int | None = Field(default=None, description="Side of an attention window in pixels of its level.")
    token_mlp: str | None = Field(default=None, description="frfn, or leff for the ablation.")
    drop_path: float | None = Field(
        default=None, description="Highest rate of left-out branches; short trainings want 0."
    )

    def spec(self) -> NetworkSpec:
        """Returns the variant's spec with the numbers that are given here in place of its own."""
        given = self.model_dump(exclude={"variant", "img_size"}, exclude_none=True)
        return dataclasses.replace(resolve(self.variant), **given)

    @model_validator(mode="after")
    def _spec_can_be_built(self) -> ModelSettings:
        self.spec()
        return self


class Stage(StrictModel):
    """One stretch of training at one patch size; later stages may show larger patches, as the authors train."""

    patch: int = Field(default=64, ge=16, description="Side of the square crop in pixels; multiples of 128 pad least.")
    batch: int = Field(default=8, ge=1, description="Crops per step.")
    steps: int = Field(default=1000, ge=1, description="Optimiser steps of this stage.")
    epochs: float | None = Field(
        default=None, gt=0, description="Passes over the train pairs; given, they replace `steps`."
    )
    learning_rate: float = Field(default=1e-3, gt=0, description="Rate from which this stage's cosine falls.")


class OptimizerSettings(StrictModel):
    """Adam or AdamW as the authors' framework computes them."""

    name: Literal["adamw", "adam"] = Field(default="adamw", description="adamw decays weights apart from the gradient.")
    beta_1: float = Field(default=0.9, ge=0, lt=1, description="Decay of the mean gradient.")
    beta_2: float = Field(default=0.999, ge=0, lt=1, description="Decay of the mean squared gradient.")
    epsilon: float = Field(default=1e-8, gt=0, description="Added to the root of the bias-corrected second moment.")
    weight_decay: float = Field(
        default=0.02, ge=0, description="Share per unit of learning rate, on all parameters (authors)."
    )
    decay: Literal["all", "kernels"] = Field(
        default="all",
        description="What decays: all parameters (authors), or kernels and tables alone, not biases and norms.",
    )
    clip_norm: float = Field(default=1.0, ge=0, description="Largest global gradient norm; 0: no clipping.")


class AugmentSettings(StrictModel):
    """What a training pair goes through, the same for both images."""

    turns: Turns = Field(
        default="dihedral",
        description="dihedral: one of the 8 flips and quarter turns; flips: one of the 4 without quarter turns, where "
        "the direction of what is to be removed is a clue, as with rain that falls; none.",
    )
    crops_per_image: int = Field(
        default=1, ge=1, description="Crops per visit; more spare decoding where nothing is cached."
    )
    brightness: float = Field(
        default=0.0, ge=0, le=0.5, description="Largest change of both images' level, of a range of 1; 0: off."
    )
    contrast: float = Field(
        default=0.0, ge=0, le=0.9, description="Largest change of both images' contrast about mid-gray, as a share."
    )
    gamma: float = Field(
        default=0.0, ge=0, le=1, description="Largest logarithm of the power that both images are raised to."
    )
    colour: float = Field(
        default=0.0,
        ge=0,
        le=0.9,
        description="Largest change of each channel's gain, the same in both images, as a share.",
    )
    mixup: float = Field(
        default=0.0,
        ge=0,
        description="Alpha of Beta(alpha, alpha), the share of a patch mixed with its neighbour in the "
        "batch, both images alike; the authors' code has 1.2 but does not use it. 0: off.",
    )
    rain: float = Field(
        default=0.0, ge=0, le=1, description="Share of the patches whose input alone gets further drawn streaks."
    )

    @property
    def photometric(self) -> bool:
        """Whether levels are changed, in both images alike."""
        return any((self.brightness, self.contrast, self.gamma, self.colour))

    def without_streaks(self) -> AugmentSettings:
        """Returns what both images go through alike: all but streaks on the input."""
        return self.model_copy(update={"rain": 0.0})

    def of_places_alone(self) -> AugmentSettings:
        """Returns crops and turns: what moves pixels and leaves their values as they are."""
        levels = dict.fromkeys(("brightness", "contrast", "gamma", "colour", "mixup", "rain"), 0.0)
        return self.model_copy(update=levels)


class ValidationSettings(StrictModel):
    """How training is watched and when it stops."""

    every: int = Field(default=200, ge=1, description="Steps between validations; one always follows the last step.")
    patience: int = Field(
        default=0, ge=0, description="Validations without a better gain before stopping; 0: never stop early."
    )
    min_delta: float = Field(default=0.01, ge=0, description="Gain in dB that counts as better for patience.")
    images: int = Field(
        default=0, ge=0, description="Pairs to validate on, evenly spaced over the split; 0: all of them."
    )


class GuardSettings(StrictModel):
    """What is done about losses and gradients that are no numbers."""

    bad_steps: int = Field(
        default=20, ge=1, description="Skipped steps in a row after which the last good checkpoint is taken up again."
    )
    rollbacks: int = Field(
        default=3, ge=0, description="How often, each time at half the learning rate, before training gives up."
    )


class CheckpointSettings(StrictModel):
    """What a training that was killed goes on from."""

    every: int = Field(
        default=200, ge=1, description="Steps between checkpoints, as far as `minutes` does not want one."
    )
    minutes: float = Field(default=10.0, gt=0, description="A checkpoint is written at least this often.")
    keep: int = Field(default=2, ge=2, description="So many are kept: one may turn out to be damaged.")


class WatchSettings(StrictModel):
    """What TensorBoard shows."""

    tensorboard: bool = Field(default=True, description="Write event files beside history.json.")
    images: int = Field(default=3, ge=0, description="Validation pairs shown before and after restoring.")


class TrainSettings(StrictModel):
    """The training recipe."""

    stages: tuple[Stage, ...] = Field(default=(Stage(),), min_length=1, description="At least one stage, in order.")
    warmup_steps: int = Field(default=50, ge=0, description="Steps over which the first stage's rate rises from 0.")
    floor_learning_rate: float = Field(default=1e-6, ge=0, description="Where every stage's cosine ends.")
    optimizer: OptimizerSettings = OptimizerSettings()
    ema_decay: float = Field(
        default=0.999, ge=0, lt=1, description="Decay of the weights' running mean per step; 0: off."
    )
    loss: dict[LossName, float] = Field(
        default={"charbonnier": 1.0}, min_length=1, description="Weight of each loss term."
    )
    augment: AugmentSettings = AugmentSettings()
    validation: ValidationSettings = ValidationSettings()
    guard: GuardSettings = GuardSettings()
    checkpoint: CheckpointSettings = CheckpointSettings()
    watch: WatchSettings = WatchSettings()
    accumulate: int = Field(
        default=1, ge=1, description="Parts in which a batch is computed, one after the other, where memory is short."
    )
    precision: Precision = Field(
        default="float32",
        description="What products and convolutions are computed in while training; weights stay float32.",
    )
    distribution: Distribution = Field(
        default="none",
        description="mirrored: all GPUs of this machine; multi_worker: as TF_CONFIG says. Batches are global.",
    )
    perceptual_model: Path | None = Field(
        default=None, description="SavedModel of the features that the loss `perceptual` compares."
    )
    warm_start: str | None = Field(
        default=None,
        description="Where weights come from: `production`, or the path of a SavedModel or a .pth checkpoint.",
    )
    deterministic: bool = Field(
        default=True,
        description="The same seed gives the same patches in the same order; false may be a little quicker.",
    )
    seed: int = Field(default=1, ge=0, lt=2**31, description="Draws weights, order, crops and flips.")
    cache_mebibytes: int = Field(
        default=1024, ge=0, description="Decoded train pairs up to this size are kept in memory."
    )

    @field_validator("loss")
    @classmethod
    def _weights_are_positive(cls, loss: dict[LossName, float]) -> dict[LossName, float]:
        if any(weight <= 0 for weight in loss.values()):
            raise ValueError("loss weights must be above 0; leave a term out to switch it off")
        return loss

    @model_validator(mode="after")
    def _fits_together(self) -> TrainSettings:
        if ("perceptual" in self.loss) != (self.perceptual_model is not None):
            raise ValueError("the loss `perceptual` and `perceptual_model` need each other: give both or neither")
        uneven = [stage.batch for stage in self.stages if stage.batch % self.accumulate]
        if uneven:
            raise ValueError(f"accumulate is {self.accumulate}, which does not divide the batch of {uneven[0]}")
        return self

    @property
    def total_steps(self) -> int:
        """Steps of all stages."""
        return sum(stage.steps for stage in self.stages)

    def with_absolute_paths(self) -> TrainSettings:
        """Returns the recipe with paths that do not depend on a working directory."""
        paths: dict[str, Path | str] = {}
        if self.perceptual_model is not None:
            paths["perceptual_model"] = self.perceptual_model.expanduser().absolute()
        if self.warm_start not in (None, "production"):
            paths["warm_start"] = str(Path(str(self.warm_start)).expanduser().absolute())
        return self.model_copy(update=paths)

    def for_pairs(self, pairs: int) -> TrainSettings:
        """Returns the recipe with the steps of stages that are given in epochs.

        Args:
            pairs: Of the train split; an epoch visits each once.
        """
        crops = pairs * self.augment.crops_per_image
        stages = tuple(
            stage.model_copy(update={"steps": math.ceil(stage.epochs * crops / stage.batch), "epochs": None})
            if stage.epochs
            else stage
            for stage in self.stages
        )
        return self.model_copy(update={"stages": stages})
