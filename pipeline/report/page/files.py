"""Writes the run report and the files beside it, and rebuilds it from them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from data.errors import InputError
from data.plain_text import one_line
from data.storage.files import write_whole
from data.strict_model import StrictModel
from pipeline.report.facts.example_images import MAX_QUARANTINED_IMAGES, Example, QuarantinedImages
from pipeline.report.facts.run_facts import RunFacts
from pipeline.report.page.model_card import model_card
from pipeline.report.page.page import render
from pipeline.report.page.pictures import Pictures, encode_all
from pipeline.run_folder import CARD_NAME, FACTS_NAME, PAGE_NAME, PICTURES_NAME, RUN_NAME

Stored = TypeVar("Stored", bound=StrictModel)


def write_page(
    facts: RunFacts,
    examples: Sequence[Example],
    directory: Path,
    quarantined: Sequence[QuarantinedImages] = (),
) -> Path:
    """Writes the run report, the facts and pictures that it is made from, and the model card, each file whole.

    Beside the page it writes `facts.json` (all facts), `pictures.json`, `model_card.md` where a model was judged, and last
    `run.json` (flat, for scripts): whoever waits for `run.json` sees the others too.

    Args:
        facts: The run.
        examples: Evaluation pairs to show; may be empty.
        directory: The run's folder; made where it is missing.
        quarantined: Images of quarantined pairs; may be empty.

    Returns:
        The path of the page.
    """
    return write_page_with(facts, encode_all(examples, quarantined[:MAX_QUARANTINED_IMAGES]), directory)


def write_page_with(facts: RunFacts, pictures: Pictures, directory: Path) -> Path:
    """Writes the same as `write_page`, with pictures that are encoded already.

    Args:
        facts: The run.
        pictures: The pictures.
        directory: The run's folder; made where it is missing.

    Returns:
        The path of the page.
    """
    # Rendered from what `rebuild` will read, so that a rebuilt page is the same to the last byte.
    facts = RunFacts.model_validate_json(facts.model_dump_json())
    page, card = render(facts, pictures), model_card(facts)
    directory.mkdir(parents=True, exist_ok=True)
    write_whole(directory / PICTURES_NAME, pictures.model_dump_json() + "\n")
    write_whole(directory / FACTS_NAME, facts.model_dump_json(indent=2) + "\n")
    return _write(directory, page, card, facts)


def rebuild(directory: Path) -> Path:
    """Rebuilds the run report, the model card and `run.json` from `facts.json` and `pictures.json`.

    Args:
        directory: The run's folder.

    Returns:
        The path of the page.

    Raises:
        InputError: Facts or pictures are missing or damaged, or of another version.
    """
    facts = read_facts(directory)
    pictures = _read(directory / PICTURES_NAME, Pictures)
    return _write(directory, render(facts, pictures), model_card(facts), facts)


def read_facts(directory: Path) -> RunFacts:
    """Returns the facts of a run.

    Args:
        directory: The run's folder.

    Raises:
        InputError: They are missing or damaged, or of another version.
    """
    return _read(directory / FACTS_NAME, RunFacts)


def pictures_in(directory: Path) -> Pictures | None:
    """Returns the pictures that a task of the run encoded already; None where there are none.

    Args:
        directory: The run's folder.

    Raises:
        InputError: The file is damaged.
    """
    return _read(directory / PICTURES_NAME, Pictures) if (directory / PICTURES_NAME).is_file() else None


def _read(path: Path, kind: type[Stored]) -> Stored:
    try:
        return kind.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    except ValidationError as error:
        raise InputError(f"{path}: {damage(error)}") from error


def damage(error: ValidationError) -> str:
    """Returns in one line why a stored file is not what this release writes.

    Args:
        error: What reading it raised.
    """
    first = error.errors()[0]
    where, message = ".".join(map(str, first["loc"])) or "the file", first["msg"]
    return f"damaged, or of another version ({one_line(f'{where}: {message}')})"


def _write(directory: Path, page: str, card: str | None, facts: RunFacts) -> Path:
    write_whole(directory / PAGE_NAME, page)
    if card is not None:
        write_whole(directory / CARD_NAME, card)
    write_whole(directory / RUN_NAME, json.dumps(facts.summary.model_dump(), indent=2, allow_nan=False) + "\n")
    return directory / PAGE_NAME
