from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import InputError
from data.features import SPLITS
from data.spans.manifest import Manifest, SceneEntry
from data.spans.splits import Shares, assign_splits, split_scenes

NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=8)
SCENES = st.dictionaries(NAMES, st.integers(1, 9), min_size=3, max_size=60)
SHARES = st.tuples(st.integers(1, 20), st.integers(1, 20), st.integers(1, 20)).map(
    lambda parts: Shares(*(part / sum(parts) for part in parts))
)


def pairs_of(scenes: dict[str, int], split: dict[str, str]) -> dict[str, int]:
    return {name: sum(count for scene, count in scenes.items() if split[scene] == name) for name in SPLITS}


def error(scenes: dict[str, int], split: dict[str, str], shares: Shares) -> float:
    total = sum(scenes.values())
    return sum((pairs_of(scenes, split)[name] - share * total) ** 2 for name, share in shares.as_dict().items())


@given(SCENES, SHARES, st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_every_scene_has_a_split_and_every_split_has_one(scenes: dict[str, int], shares: Shares, seed: int):
    split = split_scenes(scenes, shares, seed)
    assert split.keys() == scenes.keys()
    assert set(split.values()) == set(SPLITS)


@given(SCENES, SHARES, st.integers(0, 99), st.randoms())
@settings(max_examples=60, deadline=None)
def test_order_does_not_matter(scenes: dict[str, int], shares: Shares, seed: int, random):
    order = list(scenes)
    random.shuffle(order)
    assert split_scenes({scene: scenes[scene] for scene in order}, shares, seed) == split_scenes(scenes, shares, seed)


@given(SCENES, SHARES, st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_no_move_of_one_scene_comes_nearer_to_the_shares(scenes: dict[str, int], shares: Shares, seed: int):
    split = split_scenes(scenes, shares, seed)
    here = error(scenes, split, shares)
    for scene in scenes:
        if sum(name == split[scene] for name in split.values()) == 1:
            continue
        for name in SPLITS:
            assert error(scenes, split | {scene: name}, shares) >= here - 1e-6


@given(SCENES, SCENES, st.integers(0, 99), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_scenes_of_earlier_spans_keep_their_split(old: dict[str, int], new: dict[str, int], first: int, second: int):
    shares = Shares()
    before = split_scenes(old, shares, first)
    after = split_scenes(new, shares, second, before, pairs_of(old, before))
    assert all(after[scene] == before[scene] for scene in new.keys() & old.keys())
    assert after.keys() == new.keys()


def test_equal_scenes_meet_the_shares_exactly():
    scenes = {f"s{number}": 1 for number in range(100)}
    assert pairs_of(scenes, split_scenes(scenes, Shares(), 7)) == {"train": 75, "validation": 10, "evaluation": 15}


def test_the_seed_decides():
    scenes = {f"s{number}": 2 for number in range(40)}
    assert split_scenes(scenes, Shares(), 1) == split_scenes(scenes, Shares(), 1)
    assert split_scenes(scenes, Shares(), 1) != split_scenes(scenes, Shares(), 2)


def test_the_split_is_the_same_on_every_machine():
    split = split_scenes(dict.fromkeys("abcdefgh", 1), Shares(0.5, 0.25, 0.25), 0)
    found = {name: "".join(sorted(scene for scene in split if split[scene] == name)) for name in SPLITS}
    assert found == {"train": "cfgh", "validation": "bd", "evaluation": "ae"}


@pytest.mark.parametrize(
    ("scenes", "used"),
    [
        ({}, set()),
        ({"a": 9}, {"train"}),
        ({"a": 1, "b": 5}, {"train", "evaluation"}),
        (dict.fromkeys("abc", 1), set(SPLITS)),
    ],
)
def test_few_scenes_train_first_and_are_judged_next(scenes: dict[str, int], used: set[str]):
    assert set(split_scenes(scenes, Shares(), 0).values()) == used


@pytest.mark.parametrize("shares", [(1.0, 0.0, 0.0), (0.5, 0.5, 0.5), (-0.5, 1.0, 0.5), (float("nan"), 0.5, 0.5)])
def test_shares_that_are_none(shares: tuple[float, float, float]):
    with pytest.raises(InputError, match="above 0"):
        Shares(*shares)


def test_the_assignment_reads_the_manifests_of_earlier_spans():
    earlier = Manifest(
        span=1,
        source="x",
        rule={},
        seed=0,
        shares={},
        code_version="0",
        created="",
        scenes={name: SceneEntry(split, 5, ["ff"]) for name, split in zip("abc", SPLITS, strict=True)},
    )
    split, entries = assign_splits(
        {"c": 1, "new": 2}, [("c", "aa"), ("new", "bb"), ("new", "cc")], Shares(), 0, [earlier]
    )
    assert split["c"] == "evaluation"
    assert entries["new"] == SceneEntry(split["new"], 2, ["bb", "cc"])
