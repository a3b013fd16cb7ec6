"""Settings of training, the configuration's `train` section. Imports nothing heavy.

Each field's description becomes a row of the configuration reference: what it sets, its unit, and why the default is what it
is. "The authors" are those of AST (see `model_code.network`).
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from data.storage.paths import File, absolute
from data.strict_model import MAX_COUNT, BatchSize, Count, PositiveCount, Seed, StrictModel
from model_code.known_weights import PRODUCTION, starter_degradation, starter_name

Turns = Literal["dihedral", "flips", "none"]
LossName = Literal["charbonnier", "l1", "ssim", "ms_ssim", "edge", "fft", "colour", "perceptual"]
Distribution = Literal["none", "mirrored", "multi_worker"]
Precision = Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"]


class Stage(StrictModel):
    """A stage of training at one patch size; later stages may use larger patches, as the authors do."""

    patch: int = Field(
        default=64, ge=16, le=4096, description="Side of the square patches in pixels. Multiples of 128 pad least."
    )
    batch: BatchSize = Field(default=8, description="Patches per step, over all replicas.")
    steps: PositiveCount = Field(default=1000, description="Optimiser steps of this stage.")
    epochs: float | None = Field(
        default=None, gt=0, le=1e6, description="Passes over the train pairs; if set, they replace `steps`."
    )
    learning_rate: float = Field(
        default=1e-3, gt=0, description="Peak learning rate of this stage, from which a cosine falls."
    )


class OptimizerSettings(StrictModel):
    """Settings of Adam or AdamW, computed as PyTorch does."""

    renamed = {"decay": "weight_decay_on"}

    name: Literal["adamw", "adam"] = Field(
        default="adamw",
        description="Optimiser: adamw (weight decay apart from the gradient) or adam (no weight decay).",
    )
    beta_1: float = Field(default=0.9, ge=0, lt=1, description="Decay per step of the first moment, the mean gradient.")
    beta_2: float = Field(
        default=0.999, ge=0, lt=1, description="Decay per step of the second moment, the mean squared gradient."
    )
    epsilon: float = Field(
        default=1e-8, gt=0, description="Added to the root of the bias-corrected second moment, as PyTorch does."
    )
    weight_decay: float = Field(
        default=0.02,
        ge=0,
        description="Weight decay per step, as a share of the weights per unit of learning rate. The authors use 0.02; "
        "short trainings do best with 0.",
    )
    weight_decay_on: Literal["all", "kernels"] = Field(
        default="all",
        description="Parameters that decay: all (as the authors do), or kernels (kernels and bias tables, but neither "
        "biases nor norms).",
    )
    clip_norm: float = Field(
        default=1.0, ge=0, description="Largest global norm of the gradients; 0 switches clipping off."
    )


class AugmentSettings(StrictModel):
    """Settings of the augmentation, which changes both images of a pair alike, `rain` excepted."""

    turns: Turns = Field(
        default="dihedral",
        description="Flips and rotations: dihedral (one of the 8 flips and quarter turns), flips (one of the 4 without "
        "quarter turns, for degradations with a direction, such as falling rain) or none.",
    )
    crops_per_image: int = Field(
        default=1,
        ge=1,
        le=10_000,
        description="Patches cut from an image each time it is decoded. More save decoding where images are not cached.",
    )
    brightness: float = Field(
        default=0.0, ge=0, le=0.5, description="Largest change of brightness, on a scale of 0 to 1; 0: off."
    )
    contrast: float = Field(
        default=0.0, ge=0, le=0.9, description="Largest relative change of contrast about mid-gray; 0: off."
    )
    gamma: float = Field(
        default=0.0, ge=0, le=1, description="Largest absolute logarithm of the gamma exponent; 0: off."
    )
    colour: float = Field(
        default=0.0, ge=0, le=0.9, description="Largest relative change of each colour channel's gain; 0: off."
    )
    mixup: float = Field(
        default=0.0,
        ge=0,
        description="Alpha of MixUp: a patch and its neighbour in the batch are mixed by a share out of "
        "Beta(alpha, alpha). The authors' code has 1.2 but does not use it; 0: off.",
    )
    rain: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Share of patches whose input alone gets more synthetic rain streaks; 0: off.",
    )

    @property
    def is_photometric(self) -> bool:
        """Whether pixel values change: brightness, contrast, gamma or colour, in both images alike."""
        return any((self.brightness, self.contrast, self.gamma, self.colour))

    def without_streaks(self) -> AugmentSettings:
        """Returns the augmentation that treats both images alike: all of it but streaks on the input."""
        return self.model_copy(update={"rain": 0.0})

    def geometry_only(self) -> AugmentSettings:
        """Returns crops, flips and rotations alone: they move pixels and leave their values."""
        unchanged = dict.fromkeys(("brightness", "contrast", "gamma", "colour", "mixup", "rain"), 0.0)
        return self.model_copy(update=unchanged)


class ValidationSettings(StrictModel):
    """Settings of validation during training, and of early stopping."""

    every: PositiveCount = Field(
        default=200, description="Steps between validations. One always follows the last step."
    )
    patience: Count = Field(
        default=0, description="Validations without a better gain after which training stops; 0 never stops early."
    )
    min_delta: float = Field(
        default=0.01, ge=0, description="Increase of the PSNR gain in dB that counts as better for `patience`."
    )
    images: Count = Field(
        default=0, description="Validation pairs to measure, evenly spaced over the split; 0 measures all of them."
    )


class DivergenceSettings(StrictModel):
    """Settings of the divergence guard: non-finite steps are skipped, and many in a row cause a rollback."""

    renamed = {"bad_steps": "max_nonfinite_steps", "rollbacks": "max_rollbacks"}

    max_nonfinite_steps: PositiveCount = Field(
        default=20, description="Non-finite steps in a row that make training roll back to the last checkpoint."
    )
    max_rollbacks: Count = Field(
        default=3, description="Rollbacks before training stops with an error. Each one halves the learning rate."
    )


class CheckpointSettings(StrictModel):
    """Settings of the checkpoints from which a killed training resumes."""

    every: PositiveCount = Field(default=200, description="Largest number of steps between checkpoints.")
    minutes: float = Field(default=10.0, gt=0, description="Longest time between checkpoints in minutes.")
    keep: int = Field(
        default=2, ge=2, le=MAX_COUNT, description="Checkpoints to keep; more than one, in case the newest is damaged."
    )


class TensorBoardSettings(StrictModel):
    """Settings of the TensorBoard event files."""

    renamed = {"tensorboard": "enabled"}

    enabled: bool = Field(default=True, description="Whether event files are written beside history.json.")
    images: Count = Field(
        default=3, description="Validation pairs shown as input, restored image and target side by side."
    )


class TrainSettings(StrictModel):
    """Settings of training: the recipe."""

    renamed = {"floor_learning_rate": "min_learning_rate", "guard": "divergence", "watch": "tensorboard"}

    stages: tuple[Stage, ...] = Field(
        default=(Stage(),), min_length=1, description="Stages of training in their order; at least one."
    )
    warmup_steps: Count = Field(
        default=50, description="Steps over which the learning rate of the first stage rises linearly from 0."
    )
    min_learning_rate: float = Field(
        default=1e-6, ge=0, description="Learning rate at which the cosine of every stage ends; the authors' value."
    )
    optimizer: OptimizerSettings = OptimizerSettings()
    ema_decay: float = Field(
        default=0.999,
        ge=0,
        lt=1,
        description="Decay per step of the running mean of the weights, which is validated and exported; 0: off.",
    )
    loss: dict[LossName, float] = Field(
        default={"charbonnier": 1.0},
        min_length=1,
        description="Weight of each loss term, above 0. The default is the authors' loss.",
    )
    augment: AugmentSettings = AugmentSettings()
    validation: ValidationSettings = ValidationSettings()
    divergence: DivergenceSettings = DivergenceSettings()
    checkpoint: CheckpointSettings = CheckpointSettings()
    tensorboard: TensorBoardSettings = TensorBoardSettings()
    accumulate: BatchSize = Field(
        default=1,
        description="Gradient accumulation: parts of a batch computed one after the other, to save memory.",
    )
    precision: Precision = Field(
        default="auto",
        description="Type in which matrix products and convolutions are computed in training; weights stay float32. auto: "
        "mixed_bfloat16 where the processor or GPU has instructions for it, float32 elsewhere; a resumed training keeps its "
        "type.",
    )
    distribution: Distribution = Field(
        default="none",
        description="Replicas: none, mirrored (all GPUs of this machine) or multi_worker (as TF_CONFIG says).",
    )
    perceptual_model: File | None = Field(
        default=None,
        description="Folder of the SavedModel whose features the loss `perceptual` compares; needed for that loss only.",
    )
    warm_start: str | None = Field(
        default=None,
        min_length=1,
        description="Initial weights: `production` (the production model's), `starter`, `starter:haze` or `starter:raindrop` "
        "(those that come with the project), or the path of a SavedModel or a .pth checkpoint; unset: random weights.",
    )
    deterministic: bool = Field(
        default=True,
        description="Whether the same seed gives the same patches in the same order; false may be a little faster.",
    )
    seed: Seed = Field(
        default=1, description="Seed of the initial weights, the order of the pairs and the augmentation."
    )
    cache_mebibytes: Count = Field(
        default=1024, description="Memory in MiB for decoded train pairs. A larger split is decoded at each visit."
    )

    @field_validator("loss")
    @classmethod
    def _weights_are_positive(cls, loss: dict[LossName, float]) -> dict[LossName, float]:
        if any(weight <= 0 for weight in loss.values()):
            raise ValueError("loss weights must be above 0; leave a term out to switch it off")
        return loss

    @field_validator("warm_start")
    @classmethod
    def _has_one_name_everywhere(cls, start: str | None) -> str | None:
        if (degradation := starter_degradation(start)) is not None:
            return starter_name(degradation)
        return start if start in (None, PRODUCTION) else str(absolute(Path(str(start))))

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

    def for_pairs(self, pairs: int) -> TrainSettings:
        """Returns the recipe with epochs converted to steps.

        Args:
            pairs: Number of pairs in the train split; an epoch visits each once.
        """
        crops = pairs * self.augment.crops_per_image
        stages = tuple(
            stage.model_copy(update={"steps": math.ceil(stage.epochs * crops / stage.batch), "epochs": None})
            if stage.epochs
            else stage
            for stage in self.stages
        )
        return self.model_copy(update={"stages": stages})
