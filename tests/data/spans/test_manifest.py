"""Manifests that something else wrote, or damaged."""

import json

import pytest

from data.errors import InputError
from data.spans.manifest import Manifest, SceneEntry

_GOOD = Manifest(
    span=1, source="x", rule={"layout": "auto"}, seed=0, shares={"train": 1, "evaluation": 0.5}, code_version="0", created="",
    counts={"split": {"train": 1}}, scenes={"a": SceneEntry("train", 1, ["00ff"])},
)  # fmt: skip


def test_a_manifest_comes_back_with_its_digest():
    again = Manifest.from_json(_GOOD.to_json())
    assert again == _GOOD
    assert again.digest() == _GOOD.digest()  # it tells 1 from 1.0


@pytest.mark.parametrize(
    "change",
    [
        {"scenes": {"a": {"split": "train", "pairs": 1, "hashes": [1]}}},
        {"scenes": {"a": ["train", 1, []]}},
        {"counts": {}},
        {"counts": {"split": 7}},
        {"shards": "train-00000-of-00001.tfrecord"},
        {"pairs": "many"},
        {"span": None},
    ],
)
def test_a_value_of_another_kind_is_one_line(change):
    text = json.dumps(json.loads(_GOOD.to_json()) | change)
    with pytest.raises(InputError, match=r"^manifest\.json: not a manifest of this program \([^\n]+\); remove"):
        Manifest.from_json(text)


@pytest.mark.parametrize("text", ["[" * 100_000, "", "null", "[]", '{"span": "\\ud800"}', "9" * 5000])
def test_text_that_is_no_manifest_is_one_line(text):
    with pytest.raises(InputError, match="not a manifest"):
        Manifest.from_json(text)
