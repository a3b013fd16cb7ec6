"""From folders of pairs to a span of paired records.

Two passes over the files, so that only names and hashes stay in memory: the first (`conversion.clean_images`) decodes the clean
images, which decide on scenes and with them on splits; the second (`conversion.pair_records`) decodes the inputs and writes.
Each file is decoded once (files that hold both images, and pairs that are shrunk or cut: twice), and its bytes are stored as
they are unless readers would disagree on them (see `data.image.files`), or a smaller size or tiles are asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from data.conversion.clean_images import assign_scenes, find_leaks, inspect_clean_images
from data.conversion.pair_records import make_records
from data.conversion.request import ConvertRequest
from data.layouts.pairing import PairListing, find_pairs
from data.spans.manifest import Manifest, SceneEntry, code_version, known_scenes, read_manifests
from data.spans.splits import assign_splits
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
        >>> from data.image.encoding import encode_png
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
        split_of_scene, entries = assign_splits(
            Counter(scene_of[pair.target] for pair in listing.pairs),
            {target: (scene_of[target], item.scene_hash) for target, item in clean.items()}.values(),
            request.shares,
            request.seed,
            earlier,
        )
        manifest = _manifest(request, span, listing, entries, find_leaks(listing.pairs, scene_of))
        records = make_records(request, listing.pairs, clean, scene_of, split_of_scene)
        with span_writer(request.destination, span) as folder:
            return write_records(folder, records, split_of_scene, manifest)


def _manifest(
    request: ConvertRequest,
    span: int,
    listing: PairListing,
    scenes: Mapping[str, SceneEntry],
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
    return Manifest(
        span=span,
        source=request.set_name,
        rule=rule,
        seed=request.seed,
        shares=request.shares.as_dict(),
        code_version=code_version(),
        created="",
        scenes=dict(scenes),
        ignored=listing.ignored,
        leaks=dict(leaks),
    )
