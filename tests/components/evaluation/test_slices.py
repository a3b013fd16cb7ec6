import pytest
from pydantic import BaseModel

from components.evaluation.slices import OVERALL, Slice, SliceField


class Result(BaseModel):
    slice: SliceField = OVERALL


@pytest.mark.parametrize(
    ("part", "text"),
    [
        (OVERALL, "overall"),
        (Slice("severity", "heavy"), "severity: heavy"),
        (Slice("source", "rain: winter"), "source: rain: winter"),
    ],
)
def test_a_slice_is_read_back_from_its_text(part, text):
    assert str(part) == text
    assert Slice.parse(text) == part


def test_only_the_slice_of_all_images_is_overall():
    assert OVERALL.is_overall
    assert not Slice("severity", "overall").is_overall


def test_json_holds_the_text():
    result = Result(slice=Slice("severity", "heavy"))
    assert result.model_dump_json() == '{"slice":"severity: heavy"}'
    assert Result.model_validate_json(result.model_dump_json()) == result
    assert Result().model_dump() == {"slice": "overall"}
