"""The models and the clean-up of the restoring tests, for the benchmark of its options."""

from tests.pipeline.restoring.conftest import models, precision

__all__ = ["models", "precision"]
