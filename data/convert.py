"""From folders of pairs to a span of paired records.

Two passes over the files, so that only names and hashes stay in memory: the first (`conversion.clean_images`) decodes the clean
images, which decide on scenes and with them on splits; the second (`conversion.pair_records`) decodes the inputs and writes.
Each file is decoded once (files that hold both images, and pairs that are shrunk or cut: twice), and its bytes are stored as
they are unless readers would disagree on them (see `data.image.codec.files`), or a smaller size or tiles are asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from data.conversion.clean_images import assign_scenes, find_leaks, inspect_clean_images
from data.conversion.pair_records import make_records
from data.conversion.request import ConvertRequest
from data.layouts.pairing import PairListing, PairPaths, find_pairs
from data.spans.manifest import Manifest, SceneEntry, code_version, known_scenes, read_manifests
from data.spans.official_split import assign_official
from data.spans.splits import SplitOfScene, assign_splits, scene_entries
from data.spans.writer import choose_span, destination_lock, span_writer, write_records


def convert(request: ConvertRequest) -> Manifest:
    """Converts a folder of pairs into a span.

    Args:
        request: What to convert, and how.

    Returns:
        The manifest of the span as it lies in the destination.

    Raises:
        InputError: The request or a file is at fault in a way that a user can mend; nothing is written then.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> import numpy as np
        >>> from data.image.codec.encoding import encode_png
        >>> from data.layouts.choice import LayoutChoice, choose_layout
        >>> folder = Path(tempfile.mkdtemp())
        >>> for side in ("input", "target"):
        ...     (folder / "photos" / side).mkdir(parents=True)
        ...     for number in range(3):
        ...         image = np.random.default_rng(number).integers(0, 256, (48, 64, 3), dtype=np.uint8)
        ...         _ = (folder / "photos" / side / f"{number}.png").write_bytes(encode_png(image))
        >>> layout = choose_layout(LayoutChoice("same-name"))
        >>> manifest = convert(ConvertRequest(folder / "photos", folder / "records", layout, degradation="rain"))
        >>> manifest.counts["split"]
        {'evaluation': 1, 'train': 1, 'validation': 1}
        >>> sorted(path.name for path in (folder / "records" / "span-1").glob("train*"))
        ['train-00000-of-00001.tfrecord']
    """
    listing = find_pairs(request.source, request.layout, request.folders)
    with destination_lock(request.destination):
        earlier = read_manifests(request.destination)
        span = choose_span(request.destination, request.span)
        clean = inspect_clean_images(request, listing.pairs)
        scene_of = assign_scenes(listing.pairs, clean, known_scenes(earlier))
        hashes = [(scene_of[target], item.scene_hash) for target, item in clean.items()]
        splits = _assign(request, listing.pairs, scene_of, hashes, earlier)
        manifest = _manifest(request, span, listing, splits, find_leaks(listing.pairs, scene_of))
        pairs = [pair for pair in listing.pairs if pair.input in splits.of_pair]
        records = make_records(request, pairs, clean, scene_of, splits.of_pair)
        with span_writer(request.destination, span) as folder:
            return write_records(folder, records, splits.of_scene, manifest)


@dataclass(frozen=True, slots=True)
class _Splits:
    """The splits of a span: by pair (its input), by scene, the scenes' entries, and the inputs that are left out."""

    of_pair: Mapping[str, str]
    of_scene: SplitOfScene
    entries: dict[str, SceneEntry]
    dropped: list[str]


def _assign(
    request: ConvertRequest,
    pairs: Sequence[PairPaths],
    scene_of: Mapping[str, str],
    hashes: Sequence[tuple[str, str]],
    earlier: Sequence[Manifest],
) -> _Splits:
    """Assigns pairs to splits: as the set's own folders say where the request names them, by shares elsewhere."""
    scenes = {pair.input: scene_of[pair.target] for pair in pairs}
    counts = Counter(scenes.values())
    if not request.official_split.folders:
        of_scene, entries = assign_splits(counts, hashes, request.shares, request.seed, earlier)
        return _Splits({name: of_scene[scene] for name, scene in scenes.items()}, of_scene, entries, [])
    known = known_scenes(earlier)
    assigned = assign_official(scenes, request.official_split, request.shares, request.seed, known)
    entries = scene_entries(assigned.of_scene, counts, hashes)
    return _Splits(assigned.of_pair, assigned.of_scene, entries, assigned.dropped)


def _manifest(
    request: ConvertRequest,
    span: int,
    listing: PairListing,
    splits: _Splits,
    leaks: Mapping[str, list[str]],
) -> Manifest:
    """Returns the part of the manifest that is known before the records are written."""
    layout = request.layout
    rule: dict[str, object] = {
        "layout": layout.name,
        "listed": list(layout.folders),
        "inputs": layout.inputs,
        "targets": list(layout.targets),
        "list_file": layout.list_file,
        "folders": list(request.folders),
        "sides": layout.input_side,
        "max_side": request.max_side,
        "tiles": request.tiles,
        "stored": "the two halves, as PNG" if layout.is_side_by_side else "the bytes of the files",
    }
    if request.official_split.folders:
        rule["split"] = dict(request.official_split.folders)
    return Manifest(
        span=span,
        source=request.set_name,
        rule=rule,
        seed=request.seed,
        shares=request.shares.as_dict(),
        code_version=code_version(),
        created="",
        scenes=splits.entries,
        ignored=listing.ignored,
        leaks=dict(leaks),
        dropped=splits.dropped,
    )
