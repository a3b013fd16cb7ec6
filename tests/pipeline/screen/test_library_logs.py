"""What libraries log to the screen."""

import logging
import re
from pathlib import Path

import pytest

from pipeline.screen.library_logs import quiet

_PACKAGES = ("pipeline", "components", "model_code", "data", "kubeflow")


def _said(logger: logging.Logger) -> bool:
    assert not logger.isEnabledFor(logging.WARNING)
    return True


def test_the_levels_are_those_of_before_when_the_block_ends_also_by_an_error():
    logger = logging.getLogger("tensorflow")
    before = logger.level
    with pytest.raises(KeyError), quiet():
        raise KeyError(_said(logger))
    assert logger.level == before


def test_a_level_is_only_set_where_it_is_set_back():
    root = Path(__file__).parents[3]
    setters = [
        str(path.relative_to(root))
        for package in _PACKAGES
        for path in sorted((root / package).rglob("*.py"))
        if re.search(r"\.setLevel\(", path.read_text(encoding="utf-8"))
    ]
    assert setters == ["pipeline/local/progress.py", "pipeline/screen/library_logs.py"]
