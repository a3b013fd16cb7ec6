"""A set's own split: kept as published, with validation from its train folders."""

import pytest

from data.errors import InputError
from data.spans.manifest import SceneEntry
from data.spans.official_split import OfficialSplit, assign_official
from data.spans.splits import Shares

FOLDERS = {"training": "train", "test_syn": "evaluation"}
SHARES = Shares(0.6, 0.2, 0.2)


def scenes(train=40, test=10, leaking=2):
    """Two pairs a scene in the train folder; the first scenes are in the test folder too."""
    pairs = {f"training/{number}-{take}.png": f"scene{number}" for number in range(train) for take in "ab"}
    tests = {f"test_syn/{number}.png": f"scene{number}" for number in range(leaking)}
    return pairs | tests | {f"test_syn/{number}.png": f"other{number}" for number in range(leaking, test)}


def test_every_pair_of_the_test_folder_is_evaluated_and_no_other():
    assigned = assign_official(scenes(), OfficialSplit(FOLDERS), SHARES, seed=1)

    evaluated = {name for name, split in assigned.of_pair.items() if split == "evaluation"}
    assert evaluated == {name for name in scenes() if name.startswith("test_syn/")}
    assert assigned.dropped == []


def test_validation_has_its_share_of_the_train_folder_by_whole_scenes():
    pairs = scenes()
    assigned = assign_official(pairs, OfficialSplit(FOLDERS), SHARES, seed=1)

    validation = {name for name, split in assigned.of_pair.items() if split == "validation"}
    held = {pairs[name] for name in validation}
    assert len(validation) == pytest.approx(76 * 0.25, abs=2)  # 0.2 of 0.6 + 0.2, of 38 scenes of two pairs
    assert all(assigned.of_pair[name] == "validation" for name, scene in pairs.items() if scene in held)
    assert assigned == assign_official(pairs, OfficialSplit(FOLDERS), SHARES, seed=1)
    assert assigned != assign_official(pairs, OfficialSplit(FOLDERS), SHARES, seed=2)


def test_a_named_validation_folder_is_the_only_validation():
    pairs = {"a/1.png": "one", "b/2.png": "two", "c/3.png": "three"}
    official = OfficialSplit({"a": "train", "b": "validation", "c": "evaluation"})

    assert list(assign_official(pairs, official, SHARES, seed=0).of_pair.values()) == [
        "train",
        "validation",
        "evaluation",
    ]


def test_leaking_pairs_are_dropped_only_where_that_is_asked_for():
    pairs = scenes()
    assigned = assign_official(pairs, OfficialSplit(FOLDERS, should_drop_leaks=True), SHARES, seed=1)

    assert assigned.dropped == [f"training/{number}-{take}.png" for number in range(2) for take in "ab"]
    assert set(assigned.of_pair) == set(pairs) - set(assigned.dropped)
    shared = {(pairs[name], split) for name, split in assigned.of_pair.items()}
    assert len(shared) == len({scene for scene, _ in shared}), "a scene lies in two splits"


def test_the_innermost_folder_decides():
    official = OfficialSplit({"set": "train", "set/test": "evaluation"})

    assert official.split_of("set/test/input/1.png") == "evaluation"
    assert official.split_of("set/other/1.png") == "train"


@pytest.mark.parametrize(
    ("folders", "message"),
    [({"a": "test"}, "expected one of train, validation, evaluation"), ({"a": "evaluation"}, "none of the folders")],
)
def test_splits_that_make_no_sense_are_refused(folders, message):
    with pytest.raises(InputError, match=message):
        OfficialSplit(folders)


def test_a_pair_in_none_of_the_folders_is_named():
    with pytest.raises(InputError, match=r"test_nature/1\.png: lies in none of the folders"):
        assign_official({"test_nature/1.png": "scene"}, OfficialSplit(FOLDERS), SHARES, seed=0)


def test_a_scene_that_an_earlier_span_has_elsewhere_is_refused():
    known = {"scene0": SceneEntry("train", 2, [])}

    with pytest.raises(InputError, match="scene0 in train, here in evaluation"):
        assign_official(scenes(), OfficialSplit(FOLDERS), SHARES, seed=1, known=known)
