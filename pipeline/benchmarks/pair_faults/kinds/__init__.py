"""The kinds of faults and of valid variation, one small registered function each."""

from pipeline.benchmarks.pair_faults.kinds import (
    affine,
    appearance,
    borders,
    channels,
    local,
    optics,
    reassembly,
    roles,
    scenes,
    valid_photometry,
    valid_sets,
)
from pipeline.benchmarks.pair_faults.kinds.registry import Canvas, Kind, faults, kinds, variations

__all__ = [
    "Canvas",
    "Kind",
    "affine",
    "appearance",
    "borders",
    "channels",
    "faults",
    "kinds",
    "local",
    "optics",
    "reassembly",
    "roles",
    "scenes",
    "valid_photometry",
    "valid_sets",
    "variations",
]
