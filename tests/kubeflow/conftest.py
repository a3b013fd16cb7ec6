"""Commands are run here as in the pipeline's tests."""

from tests.pipeline.conftest import command

__all__ = ["command"]
