"""A data set's own split into folders, kept as it was published; validation comes from the train folders, by scene."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from data.errors import InputError
from data.features import SPLITS, TRAIN, VALIDATION
from data.spans.manifest import SceneEntry
from data.spans.splits import Shares, SplitOfScene, rank


@dataclass(frozen=True, slots=True)
class OfficialSplit:
    """The splits that the folders of a set stand for.

    Attributes:
        folders: The split by folder, POSIX, relative to the source folder.
        should_drop_leaks: Whether pairs are left out whose scene lies in a more protected split too.
    """

    folders: Mapping[str, str]
    should_drop_leaks: bool = False

    def __post_init__(self) -> None:
        """Refuses unknown splits.

        Raises:
            InputError: A folder is given to a split that does not exist, or none is to be trained on.
        """
        for folder, split in self.folders.items():
            if split not in SPLITS:
                raise InputError(f"--split {folder}={split}: expected one of {', '.join(SPLITS)} after the folder")
        if self.folders and TRAIN not in self.folders.values():
            raise InputError("--split: none of the folders is for train; name one, as in --split training=train")

    def split_of(self, name: str) -> str:
        """Returns the split of a file.

        Args:
            name: The file, POSIX, relative to the source folder.

        Raises:
            InputError: The file lies in none of the folders.
        """
        for parent in PurePosixPath(name).parents:
            split = self.folders.get(parent.as_posix())
            if split is not None:
                return split
        raise InputError(
            f"{name}: lies in none of the folders of --split ({', '.join(self.folders)}); name its folder too, or read "
            "only the others with --folder"
        )


@dataclass(frozen=True, slots=True)
class AssignedPairs:
    """The split of each pair and scene.

    Attributes:
        of_pair: The split by the pair's input; left-out pairs are missing.
        of_scene: The split by scene: the most protected one of its pairs.
        dropped: Inputs of the pairs that are left out, sorted.
    """

    of_pair: dict[str, str]
    of_scene: SplitOfScene
    dropped: list[str]


def assign_official(
    scene_of: Mapping[str, str],
    official: OfficialSplit,
    shares: Shares,
    seed: int,
    known: Mapping[str, SceneEntry] | None = None,
) -> AssignedPairs:
    """Assigns pairs to the splits that their set gives them.

    Where no folder stands for validation, scenes of the train folders are moved there, until it has its share of their pairs.

    Args:
        scene_of: The scene's id by the pair's input.
        official: The set's own split.
        shares: Shares of the pairs; only that of validation against train is used.
        seed: Seed of the choice of validation scenes.
        known: Scenes of earlier spans, which keep their split.

    Returns:
        The splits. Without `should_drop_leaks`, a leaking pair stays in the split that its folder stands for.

    Raises:
        InputError: A pair lies in none of the folders, or an earlier span has its scene in another split.
    """
    of_pair = {name: official.split_of(name) for name in scene_of}
    splits_of_scene: defaultdict[str, set[str]] = defaultdict(set)
    for name, scene in scene_of.items():
        splits_of_scene[scene].add(of_pair[name])
    of_scene = {scene: max(splits, key=SPLITS.index) for scene, splits in splits_of_scene.items()}
    validation = _validation_scenes(of_scene, Counter(scene_of.values()), official, shares, seed, known or {})
    of_scene |= dict.fromkeys(validation, VALIDATION)
    _require_same_split(of_scene, known or {})
    of_pair |= {name: VALIDATION for name, scene in scene_of.items() if scene in validation}
    dropped = [name for name, scene in scene_of.items() if of_pair[name] != of_scene[scene]]
    if not official.should_drop_leaks:
        return AssignedPairs(of_pair, of_scene, [])
    return AssignedPairs({n: split for n, split in of_pair.items() if n not in set(dropped)}, of_scene, sorted(dropped))


def _validation_scenes(
    of_scene: SplitOfScene,
    pairs: Mapping[str, int],
    official: OfficialSplit,
    shares: Shares,
    seed: int,
    known: Mapping[str, SceneEntry],
) -> set[str]:
    """Returns the scenes of the train folders that become validation; none where a folder stands for it."""
    if VALIDATION in official.folders.values():
        return set()
    scenes = sorted((scene for scene, split in of_scene.items() if split == TRAIN), key=lambda name: rank(name, seed))
    goal = shares.validation / (shares.train + shares.validation) * sum(pairs[scene] for scene in scenes)
    chosen = {scene for scene in scenes if scene in known and known[scene].split == VALIDATION}
    total = sum(pairs[scene] for scene in chosen)
    for scene in scenes:
        # The first scene is always taken; a later one as long as it brings the share nearer.
        if scene not in known and (not chosen or abs(total + pairs[scene] - goal) < abs(total - goal)):
            chosen.add(scene)
            total += pairs[scene]
    return chosen


def _require_same_split(of_scene: SplitOfScene, known: Mapping[str, SceneEntry]) -> None:
    moved = [scene for scene, split in of_scene.items() if scene in known and known[scene].split != split]
    if moved:
        first = moved[0]
        raise InputError(
            f"--split: {len(moved)} scenes lie in another split of an earlier span ({first} in {known[first].split}, here in "
            f"{of_scene[first]}); convert into another folder"
        )
