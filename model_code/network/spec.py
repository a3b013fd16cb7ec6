"""The numbers that define a network, and the variants that have a name. Imports nothing heavy."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, cast

from data.errors import InputError

STAGES = 9  # encoder 0..3, bottleneck, decoder 0..3
TOKEN_MLPS = ("frfn", "leff")
_WIDTH_FACTORS = (1, 2, 4, 8, 16, 16, 8, 4, 2)  # stage width / embed_dim


@dataclasses.dataclass(frozen=True)
class NetworkSpec:
    """The numbers of one network.

    Attributes:
        embed_dim: C, the width at full resolution; the bottleneck has 16 C.
        depths: Blocks in each stage: encoder 0..3, bottleneck, decoder 0..3.
        num_heads: Attention heads in each stage; the encoder's four are not used, as it has no attention.
        win_size: Side of an attention window, in pixels of its level.
        token_mlp: `frfn`, or `leff` for Uformer's feed-forward network.
        drop_path: The highest rate at which a training step leaves out a residual branch.
    """

    embed_dim: int
    depths: tuple[int, ...] = (2,) * STAGES
    num_heads: tuple[int, ...] = (1, 2, 4, 8, 16, 16, 8, 4, 2)
    win_size: int = 8
    token_mlp: str = "frfn"
    drop_path: float = 0.1

    def __post_init__(self) -> None:
        """Refuse what no network can be built from."""
        object.__setattr__(self, "depths", tuple(int(depth) for depth in self.depths))
        object.__setattr__(self, "num_heads", tuple(int(heads) for heads in self.num_heads))
        problem = self._problem()
        if problem:
            raise InputError(f"network spec: {problem}")

    @property
    def widths(self) -> tuple[int, ...]:
        """Width of each stage."""
        return tuple(factor * self.embed_dim for factor in _WIDTH_FACTORS)

    def _problem(self) -> str | None:
        """Return what is wrong and what to do, or None."""
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
        return None


VARIANTS: Mapping[str, NetworkSpec] = {
    "AST-B": NetworkSpec(embed_dim=32, depths=(1, 2, 8, 8, 2, 8, 8, 2, 1)),
    "AST-T": NetworkSpec(embed_dim=16),
    "tiny16": NetworkSpec(embed_dim=16, depths=(1,) * STAGES),
    "micro8": NetworkSpec(embed_dim=8, depths=(1,) * STAGES),
}


def resolve(variant_or_spec: str | Mapping[str, Any] | NetworkSpec | object) -> NetworkSpec:
    """Return the spec of a variant's name, a mapping or a dataclass with the fields of NetworkSpec.

    Fields that are not given take NetworkSpec's defaults.

    Raises:
        InputError: The name is not in VARIANTS, a field is unknown, or a value cannot be.
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
    """Return the fields of a mapping or a dataclass by name."""
    if isinstance(spec, Mapping):
        return dict(spec)
    if dataclasses.is_dataclass(spec) and not isinstance(spec, type):
        return dataclasses.asdict(cast(Any, spec))
    raise InputError(f"network spec is a {type(spec).__name__}; give a variant's name, a mapping or a dataclass")
