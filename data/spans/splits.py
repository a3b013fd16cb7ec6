"""Assigns scenes to splits: by scene, never by pair, and the same way every time."""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from data.errors import InputError
from data.features import SPLITS
from data.spans.manifest import Manifest, SceneEntry, known_scenes

SplitOfScene = dict[str, str]
"""The split by the scene's id."""


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of the pairs that the splits get; the three add up to 1.

    Attributes:
        train: Share of the pairs that the model learns from.
        validation: Share of the pairs that steer training.
        evaluation: Share of the pairs that the gate judges on.
    """

    train: float = 0.75
    validation: float = 0.10
    evaluation: float = 0.15

    def __post_init__(self) -> None:
        """Refuses values that are not shares.

        Raises:
            InputError: One is not above 0, or they do not add up to 1.
        """
        values = self.as_dict().values()
        if not all(value > 0 for value in values) or not math.isclose(sum(values), 1.0, abs_tol=1e-6):
            raise InputError(
                f"shares {self.train}, {self.validation}, {self.evaluation}: each must be above 0, and their sum 1"
            )

    def as_dict(self) -> dict[str, float]:
        """Returns the shares by split."""
        return dict(zip(SPLITS, (self.train, self.validation, self.evaluation), strict=True))


def rank(scene: str, seed: int) -> str:
    """Returns the key by which scenes are ordered before they are split; only the scene and the seed decide it.

    Args:
        scene: The scene's id.
        seed: Seed of the split.

    Returns:
        64 hexadecimal digits.
    """
    return hashlib.sha256(f"{seed}:{scene}".encode()).hexdigest()


def split_scenes(
    scenes: Mapping[str, int],
    shares: Shares,
    seed: int,
    earlier_splits: Mapping[str, str] | None = None,
    earlier_pairs: Mapping[str, int] | None = None,
) -> SplitOfScene:
    """Assigns scenes to splits.

    Args:
        scenes: Number of pairs by scene; scenes that are in `earlier_splits` keep their split.
        shares: Shares of the pairs that the splits get.
        seed: Seed of the split.
        earlier_splits: The split by scene, of scenes that lie in earlier spans.
        earlier_pairs: Number of pairs by split, of the earlier spans.

    Returns:
        The split of each of `scenes`. Every split has at least one scene, earlier spans included, as long as there are
        three; and moving any single new scene would not bring the numbers of pairs nearer to the shares.
    """
    known = dict(earlier_splits or {})
    state = _Assignment.of(scenes, shares, known, dict(earlier_pairs or {}))
    fresh = sorted((scene for scene in scenes if scene not in known), key=lambda scene: rank(scene, seed))
    for left, scene in zip(range(len(fresh), 0, -1), fresh, strict=True):
        state.assign(scene, state.neediest(left))
    while any([state.improve(scene) for scene in fresh]):
        pass
    return {scene: state.split[scene] for scene in scenes}


def assign_splits(
    pairs: Mapping[str, int],
    hashes: Iterable[tuple[str, str]],
    shares: Shares,
    seed: int,
    earlier: Iterable[Manifest],
) -> tuple[SplitOfScene, dict[str, SceneEntry]]:
    """Assigns the scenes of a new span to splits, and makes their entries for its manifest.

    Args:
        pairs: Number of pairs by scene.
        hashes: (scene, perceptual hash) of each clean image.
        shares: Shares of the pairs that the splits get.
        seed: Seed of the split.
        earlier: Manifests of the spans that lie in the destination.

    Returns:
        The split of each scene, and its entry in the manifest.
    """
    known = known_scenes(earlier)
    counts: Counter[str] = Counter()
    for entry in known.values():
        counts[entry.split] += entry.pairs
    split = split_scenes(pairs, shares, seed, {name: entry.split for name, entry in known.items()}, counts)
    return split, scene_entries(split, pairs, hashes)


def scene_entries(
    split: SplitOfScene, pairs: Mapping[str, int], hashes: Iterable[tuple[str, str]]
) -> dict[str, SceneEntry]:
    """Makes the entries of scenes for a manifest.

    Args:
        split: The split by scene.
        pairs: Number of pairs by scene.
        hashes: (scene, perceptual hash) of each clean image.

    Returns:
        The entry of each scene in `pairs`.
    """
    digests: defaultdict[str, set[str]] = defaultdict(set)
    for scene, digest in hashes:
        digests[scene].add(digest)
    return {scene: SceneEntry(split[scene], number, sorted(digests[scene])) for scene, number in pairs.items()}


@dataclass(slots=True)
class _Assignment:
    """The assignment as it grows: weights and goals in pairs, and how many pairs and scenes each split has."""

    weights: dict[str, int]
    goal: dict[str, float]
    pairs: dict[str, int]
    scenes: dict[str, int]
    split: SplitOfScene

    @classmethod
    def of(
        cls, weights: Mapping[str, int], shares: Shares, known: SplitOfScene, earlier: dict[str, int]
    ) -> _Assignment:
        """Starts from the pairs of earlier spans."""
        pairs = {name: earlier.get(name, 0) for name in SPLITS}
        for scene in weights.keys() & known.keys():
            pairs[known[scene]] += weights[scene]
        total = sum(earlier.values()) + sum(weights.values())
        goal = {name: share * total for name, share in shares.as_dict().items()}
        scenes = {name: sum(split == name for split in known.values()) for name in SPLITS}
        return cls(dict(weights), goal, pairs, scenes, dict(known))

    def neediest(self, left: int) -> str:
        """Returns the split that lacks the most pairs; an empty one once no more scenes are left than empty splits."""
        empty = [name for name in SPLITS if not self.scenes[name]]
        candidates = empty if len(empty) >= left else list(SPLITS)
        return max(candidates, key=lambda name: self.goal[name] - self.pairs[name])

    def assign(self, scene: str, name: str) -> None:
        """Moves a scene to a split."""
        before = self.split.get(scene)
        if before is not None:
            self.pairs[before] -= self.weights[scene]
            self.scenes[before] -= 1
        self.pairs[name] += self.weights[scene]
        self.scenes[name] += 1
        self.split[scene] = name

    def error(self) -> float:
        """Returns how far the splits are from their shares: the sum of squares, in pairs."""
        return sum((self.pairs[name] - self.goal[name]) ** 2 for name in SPLITS)

    def improve(self, scene: str) -> bool:
        """Moves a scene to the split that brings all nearest to their shares; returns whether it moved."""
        before = self.split[scene]
        if self.scenes[before] == 1:
            return False
        scores = {}
        for name in SPLITS:
            self.assign(scene, name)
            scores[name] = self.error()
        best = min(SPLITS, key=lambda name: scores[name])
        has_moved = scores[best] < scores[before] - 1e-9
        self.assign(scene, best if has_moved else before)
        return has_moved
