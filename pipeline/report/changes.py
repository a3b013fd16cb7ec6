"""What differs between two runs: settings of the configuration, the data, the code and the model."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from pipeline.config_reading import strict_yaml
from pipeline.report.wording import ABSENT, parent_model

Kind = Literal["configuration", "data", "code", "model"]

_DIGEST_CHARACTERS = 12


@dataclass(frozen=True, slots=True)
class Change:
    """A value that differs between two runs.

    Attributes:
        kind: What it belongs to.
        name: The setting's path, such as "train.ema_decay", or the value's name.
        before: The value in the one run as text; a dash where it has none.
        after: The value in the other run, likewise.
    """

    kind: Kind
    name: str
    before: str
    after: str


def config_changes(before: str, after: str) -> tuple[Change, ...]:
    """Returns the settings that differ between two configurations.

    Args:
        before: The resolved configuration of the one run, YAML.
        after: That of the other run.

    Returns:
        The changes in the order of the configuration; a single one where a configuration cannot be read.
    """
    if before == after:
        return ()
    try:
        return changes("configuration", _settings(before), _settings(after))
    except strict_yaml.StrictYamlError as error:
        return (Change("configuration", "the configuration", ABSENT, f"cannot be compared: {error}"),)


def changes(kind: Kind, before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Change, ...]:
    """Returns the values that differ between two mappings.

    Args:
        kind: What the values belong to.
        before: Values of the one run by name.
        after: Values of the other run.
    """
    names = dict.fromkeys([*after, *before])
    pairs = ((name, before.get(name, ABSENT), after.get(name, ABSENT)) for name in names)
    return tuple(Change(kind, name, *values) for name, *values in pairs if values[0] != values[1])


@lru_cache(maxsize=64)
def _settings(config_yaml: str) -> dict[str, str]:
    """Returns every setting by its path; cached, because the nights of a schedule have one configuration."""
    return dict(_leaves(strict_yaml.read(config_yaml), ""))


def _leaves(tree: strict_yaml.Tree, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(tree, dict) and tree:
        below = list(tree.items())
    elif isinstance(tree, list) and any(isinstance(value, (dict, list)) for value in tree):
        below = [(str(index), value) for index, value in enumerate(tree)]
    else:
        yield path, tree if isinstance(tree, str) else json.dumps(tree, ensure_ascii=False)
        return
    for name, value in below:
        yield from _leaves(value, f"{path}.{name}" if path else str(name))


def data_values(source: str, span: int | None, window: str, digest: str) -> dict[str, str]:
    """Returns the data of a run in words, by name; without what is not known.

    Args:
        source: Name of the data set.
        span: Number of the newest span; None where not known.
        window: The spans in words; empty where the run read one span.
        digest: SHA-256 of the span's manifest; empty where not known.
    """
    values = {"set": source, "span": window or ("" if span is None else str(span)), "SHA-256": short(digest)}
    return {name: value for name, value in values.items() if value}


def model_values(variant: str, parameters: int | None, parent: str | None) -> dict[str, str]:
    """Returns the model of a run in words, by name.

    Args:
        variant: Name of the network's variant.
        parameters: Number of parameters; None where not known.
        parent: The model whose weights training started from; None for random weights.
    """
    values = {"network": variant, "parameters": str(parameters or ""), "started from": parent_model(parent)}
    return {name: value for name, value in values.items() if value}


def short(digest: str) -> str:
    """Returns the beginning of a digest, which tells two apart."""
    return digest[:_DIGEST_CHARACTERS]
