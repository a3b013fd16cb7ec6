"""Commands are run here as in the pipeline's tests."""

from tests.pipeline.conftest import command, first_run

__all__ = ["command", "first_run"]
