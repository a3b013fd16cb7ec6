"""The examples in docstrings run and print what they say."""

import doctest
import importlib

import pytest

from pipeline.source_digest import PACKAGES, ROOT

MODULES = sorted(
    ".".join(file.relative_to(ROOT).with_suffix("").parts)
    for package in PACKAGES
    for file in (ROOT / package).rglob("*.py")
    if "\n        >>> " in (text := file.read_text(encoding="utf-8")) or "\n    >>> " in text
)

CALLED_BY_USERS = (
    "data.convert.convert",
    "data.image.measures.psnr",
    "data.layouts.choice.choose_layout",
    "data.synthesis.rain.add_rain",
    "model_code.network.build.build",
    "model_code.saved_model.loading.load_restorer",
    "components.pair_validator.measuring.measure.measure",
    "components.pair_validator.judging.judge.judge_pair",
    "components.gate.bootstrap.mean_interval",
    "pipeline.restoring.model.ImageRestorer",
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_hold(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # an example may write files
    outcome = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert outcome.attempted
    assert outcome.failed == 0


@pytest.mark.parametrize("path", CALLED_BY_USERS)
def test_what_users_call_from_python_has_an_example(path):
    module, name = path.rsplit(".", 1)
    assert ">>> " in (getattr(importlib.import_module(module), name).__doc__ or "")
