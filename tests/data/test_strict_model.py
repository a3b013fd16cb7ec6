"""Renamed keys: accepted for a release with a line that names the new one; never both, never an unknown one."""

import pytest
from pydantic import ValidationError, computed_field

from data.renamed import RenamedWarning
from data.strict_model import FiniteOrNone, StrictModel, rename_keys


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


class Square(StrictModel):
    """A model with a computed field."""

    side: FiniteOrNone

    @computed_field
    @property
    def area(self) -> float | None:
        """Its area."""
        return None if self.side is None else self.side**2


def test_a_computed_field_is_written_and_on_reading_skipped():
    assert Square(side=3).model_dump() == {"side": 3, "area": 9}
    assert Square.model_validate_json('{"side": 3, "area": 8}').area == 9


def test_a_figure_that_is_not_finite_is_none():
    assert Square(side=float("nan")).side is None


class Numbers(StrictModel):
    """Fields of every kind that true might be taken for."""

    share: float = 0.0
    count: int | None = None
    weights: dict[str, float] = {}
    sides: tuple[int, ...] = ()
    is_on: bool = False
    either: bool | int = 0
    section: Section = Section()
    parts: tuple[Section, ...] = ()


@pytest.mark.parametrize(
    "values", [{"share": True}, {"count": False}, {"weights": {"l1": True}}, {"sides": [3, True]}, {"sides": (False,)}]
)
def test_true_and_false_are_no_numbers(values):
    with pytest.raises(ValidationError, match="are no numbers") as caught:
        Numbers.model_validate(values)
    assert caught.value.errors()[0]["loc"][0] in values


def test_true_is_taken_where_it_is_meant():
    values = {"is_on": True, "either": True, "section": {"tensorboard": True}, "parts": [{"tensorboard": True}]}
    assert Numbers.model_validate(values).model_dump(exclude_unset=True) == {
        **values,
        "parts": ({"tensorboard": True},),
    }


class Root(StrictModel):
    """A section above the renamed key."""

    renamed = {"training": "train"}
    train: Section = Section()


def test_keys_of_a_tree_are_named_with_their_whole_path():
    with pytest.warns(RenamedWarning) as caught:
        assert rename_keys(Root, {"training": {"watch": True}}) == {"train": {"tensorboard": True}}
    assert [str(warning.message).partition(";")[0] for warning in caught] == [
        "training is now train",
        "train.watch is now train.tensorboard",
    ]


def test_a_tree_with_both_names_is_refused_with_the_path():
    with pytest.raises(ValueError, match="train.watch is the old name of train.tensorboard"):
        rename_keys(Root, {"train": {"watch": True, "tensorboard": True}})
