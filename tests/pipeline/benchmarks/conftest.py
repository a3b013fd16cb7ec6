"""The models of the restoring tests, for the benchmark of its options."""

from tests.pipeline.restoring.conftest import models

__all__ = ["models"]
