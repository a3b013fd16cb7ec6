"""The numbers that define a network, and the named variants. Imports nothing heavy."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, cast

from data.errors import InputError

STAGES = 9  # encoder 0..3, bottleneck, decoder 0..3
TOKEN_MLPS = ("frfn", "leff")
MAX_RADIUS = 256  # pixels; the work grows with its square
_WIDTH_FACTORS = (1, 2, 4, 8, 16, 16, 8, 4, 2)  # stage width / embed_dim


@dataclasses.dataclass(frozen=True)
class NetworkSpec:
    """The numbers that define a network, under the names of the authors' code.

    Attributes:
        embed_dim: Width C at full resolution in channels, a multiple of 4; the bottleneck is 16 C wide.
        depths: Number of blocks in each stage: encoder 0 to 3, bottleneck, decoder 0 to 3.
        num_heads: Attention heads in each stage. The encoder has no attention and ignores its four.
        win_size: Side of an attention window in pixels of its level.
        token_mlp: Feed-forward network: `frfn`, or `leff` for Uformer's.
        drop_path: Highest rate of DropPath, from 0 to below 1.
        local_linear: Radius in pixels within which the output is a linear function of the input, for haze; 0 for any output.
            Not in the authors' code.

    Raises:
        InputError: No network can be built from these numbers.
    """

    embed_dim: int
    depths: tuple[int, ...] = (2,) * STAGES
    num_heads: tuple[int, ...] = (1, 2, 4, 8, 16, 16, 8, 4, 2)
    win_size: int = 8
    token_mlp: str = "frfn"
    drop_path: float = 0.1
    local_linear: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "depths", tuple(int(depth) for depth in self.depths))
        object.__setattr__(self, "num_heads", tuple(int(heads) for heads in self.num_heads))
        problem = self._problem()
        if problem:
            raise InputError(f"network spec: {problem}")

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of each of the nine stages."""
        return tuple(factor * self.embed_dim for factor in _WIDTH_FACTORS)

    def _problem(self) -> str | None:
        """Returns the first fault and its remedy, or None if there is no fault."""
        if self.embed_dim < 4 or (self.token_mlp == "frfn" and self.embed_dim % 4):
            return f"embed_dim is {self.embed_dim}; give a multiple of 4 (FRFN refines a quarter of the channels)"
        for name in ("depths", "num_heads"):
            values = getattr(self, name)
            if len(values) != STAGES or min(values) < 1:
                return (
                    f"{name} is {list(values)}; give {STAGES} positive integers: encoder 0..3, bottleneck, decoder 0..3"
                )
        for width, heads in list(zip(self.widths, self.num_heads, strict=True))[4:]:
            if width % heads:
                return f"{heads} heads do not divide a width of {width}; change num_heads {list(self.num_heads)}"
        if self.win_size < 1:
            return f"win_size is {self.win_size}; give a positive integer"
        if self.token_mlp not in TOKEN_MLPS:
            return f"token_mlp is {self.token_mlp!r}; give one of {', '.join(TOKEN_MLPS)}"
        if not 0 <= self.drop_path < 1:
            return f"drop_path is {self.drop_path}; give a rate from 0 up to, but not including, 1"
        if not 0 <= self.local_linear <= MAX_RADIUS:
            return f"local_linear is {self.local_linear}; give a radius in pixels, 0 to {MAX_RADIUS}"
        return None


# AST-B and AST-T are the authors'. tiny16 and micro8 are smaller, for training within minutes on a CPU.
VARIANTS: Mapping[str, NetworkSpec] = {
    "AST-B": NetworkSpec(embed_dim=32, depths=(1, 2, 8, 8, 2, 8, 8, 2, 1)),
    "AST-T": NetworkSpec(embed_dim=16),
    "tiny16": NetworkSpec(embed_dim=16, depths=(1,) * STAGES),
    "micro8": NetworkSpec(embed_dim=8, depths=(1,) * STAGES),
}


def resolve(variant_or_spec: str | Mapping[str, Any] | NetworkSpec | object) -> NetworkSpec:
    """Returns the spec of a network.

    Args:
        variant_or_spec: A name in `VARIANTS`, a `NetworkSpec`, or its fields as a mapping or a dataclass; fields that are
            missing take their defaults.

    Raises:
        InputError: The name is not in `VARIANTS`, a field is unknown, or a value is invalid.

    Example:
        >>> resolve("AST-T").embed_dim
        16
        >>> resolve({"embed_dim": 8, "win_size": 4}).widths
        (8, 16, 32, 64, 128, 128, 64, 32, 16)
    """
    if isinstance(variant_or_spec, NetworkSpec):
        return variant_or_spec
    if isinstance(variant_or_spec, str):
        if variant_or_spec not in VARIANTS:
            raise InputError(f"variant {variant_or_spec!r} is not known; give one of {', '.join(VARIANTS)}")
        return VARIANTS[variant_or_spec]
    fields = _fields(variant_or_spec)
    known = [field.name for field in dataclasses.fields(NetworkSpec)]
    unknown = sorted(set(fields) - set(known))
    if unknown or "embed_dim" not in fields:
        wrong = f"unknown: {', '.join(unknown)}" if unknown else "embed_dim is missing"
        raise InputError(f"network spec: {wrong}; the fields are {', '.join(known)}")
    return NetworkSpec(**fields)


def _fields(spec: object) -> dict[str, Any]:
    """Returns the fields of a mapping or a dataclass by name."""
    if isinstance(spec, Mapping):
        return dict(spec)
    if dataclasses.is_dataclass(spec) and not isinstance(spec, type):
        return dataclasses.asdict(cast(Any, spec))
    raise InputError(f"network spec is a {type(spec).__name__}; give a variant's name, a mapping or a dataclass")
