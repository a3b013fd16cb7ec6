"""Every number has a unit and a reason."""

import pytest
from pydantic import ValidationError

from components.pair_validator.settings import PairLimits, PairPolicy, PairSettings, PairThresholds, unit_of
from data.renamed import RenamedWarning


@pytest.mark.parametrize("model", [PairLimits, PairThresholds, PairPolicy])
def test_every_field_has_unit_and_reason(model):
    for name, field in model.model_fields.items():
        assert field.description, name
        unit = field.description.partition("]")[0]
        assert unit.startswith("["), name
        assert len(field.description) > len(unit) + 15, name


def test_a_threshold_has_a_unit():
    assert unit_of("max_shift") == "px"


@pytest.mark.parametrize(
    "settings", [{"thresholds": {"max_shft": 1}}, {"thresholds": {"max_shift": -1}}, {"policy": {"on_bad_pair": "ask"}}]
)
def test_unknown_keys_and_impossible_values_are_refused(settings):
    with pytest.raises(ValidationError):
        PairSettings.model_validate(settings)


def test_settings_survive_json():
    settings = PairSettings(thresholds=PairThresholds(max_shift=0.5))
    assert PairSettings.model_validate_json(settings.model_dump_json()) == settings


def test_the_old_name_of_on_bad_pair_still_works():
    with pytest.warns(RenamedWarning, match="on_bad_pair"):
        assert PairPolicy(**{"policy": "fail"}).on_bad_pair == "fail"
