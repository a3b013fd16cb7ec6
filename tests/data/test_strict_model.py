"""Renamed keys: accepted for a release with a line that names the new one; never both, never an unknown one."""

import pytest
from pydantic import ValidationError

from data.strict_model import RenamedWarning, StrictModel


class Section(StrictModel):
    """A section with one renamed key."""

    renamed = {"watch": "tensorboard"}
    tensorboard: bool = False


def test_an_old_key_is_taken_and_names_the_new_one():
    with pytest.warns(RenamedWarning, match="watch is now tensorboard"):
        assert Section.model_validate({"watch": True}).tensorboard


def test_a_new_key_is_taken_in_silence(recwarn):
    assert Section.model_validate({"tensorboard": True}).tensorboard
    assert not recwarn


def test_both_names_are_refused():
    with pytest.raises(ValidationError, match="old name of tensorboard"):
        Section.model_validate({"watch": True, "tensorboard": True})


def test_an_unknown_key_is_refused():
    with pytest.raises(ValidationError, match="extra_forbidden"):
        Section.model_validate({"watched": True})
