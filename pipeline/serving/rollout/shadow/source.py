"""Finds and loads the model that restores beside the production model without answering."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from components.production import registry
from components.production.properties import SERVING_FOLDER
from components.production.version_folder import SAVED_MODEL, number_of
from data.errors import InputError
from pipeline.periodic import periodically
from pipeline.serving.model.failed_loads import FailedLoads
from pipeline.serving.model.loading import Loader, problem_of
from pipeline.serving.model.reloading import POLL_SECONDS
from pipeline.serving.model.served_model import ServedModel
from pipeline.serving.rollout.settings import CANDIDATE
from pipeline.workspace import pipeline_in

_TRAINED = Path("Trainer") / "model"
"""Where the pipeline keeps the models that its runs trained, one folder for each execution."""

_log = logging.getLogger("ast-restore serve")


@dataclass(frozen=True, slots=True)
class _Found:
    label: str
    number: int
    folder: Path


@dataclass(frozen=True, slots=True, eq=False)
class ShadowModel:
    """A loaded shadow.

    Attributes:
        label: In words, such as "version 1764500000" or "candidate 12".
        model: The model.
    """

    label: str
    model: ServedModel


class ShadowSource:
    """Holds the shadow, while there is one that is another model than production.

    Attributes:
        current: The shadow; None while there is none.
        problem: Why there is none; empty where there is one.
    """

    def __init__(self, wanted: str, models: Path, loader: Loader) -> None:
        """Checks what is wanted; loads nothing before `poll`.

        Args:
            wanted: Number of a version in the push destination, or `CANDIDATE` for the newest model that a run trained.
            models: The push destination; candidates lie in `pipeline/` beside it.
            loader: Loads the shadow by the same rules as production.

        Raises:
            InputError: There is no such version, or no workspace to find candidates in, or candidates would have to be signed.
        """
        self.current: ShadowModel | None = None
        self.problem = "it is not loaded yet"
        self._wanted, self._models, self._loader = wanted, models, loader
        self._failed = FailedLoads()
        self._production: tuple[int, str] | None = None
        self._digest: tuple[str, str] | None = None
        if wanted == CANDIDATE:
            _require_candidates(models, loader)
        elif number_of(wanted) not in registry.numbers_in(models):
            known = ", ".join(map(str, registry.numbers_in(models))) or "none"
            raise InputError(f"--shadow {wanted}: no such version in {models}; give {CANDIDATE} or one of: {known}")

    @contextmanager
    def polling(self) -> Iterator[None]:
        """Polls every second, in a thread of its own, while the context lasts."""
        with periodically(self._poll_safely, POLL_SECONDS, "shadow-loader", at_once=True):
            yield

    def poll(self) -> None:
        """Loads the shadow where there is a new one, and drops it where it is the production model itself."""
        found = self._find()
        if found is None:
            self.current, self.problem = None, "no run has trained a model yet"
            return
        is_loaded = self.current is not None and self.current.label == found.label
        if not is_loaded and not self._failed.may_try(found.number, found.folder):
            return
        try:
            if self._digest_of(found) == self._production_digest():
                self.current, self.problem = None, f"{found.label} is the production model itself"
            elif not is_loaded:
                model = self._loader.read(found.folder, found.number)
                self.current, self.problem = ShadowModel(found.label, model), ""
                _log.info("%s restores as a shadow", found.label)
        # A damaged SavedModel makes TensorFlow raise errors of many classes.
        except Exception as error:
            self._digest = None  # a copy that is not whole yet
            self.current, self.problem = None, f"{found.label} cannot be loaded: {problem_of(error)}"
            self._failed.note(found.number, found.folder, self.problem)
            _log.error("%s; there is no shadow", self.problem)

    def _poll_safely(self) -> None:
        """Polls; whatever a folder or a disk does, it must not end the polling, and must be seen."""
        try:
            self.poll()
        except Exception as error:
            self.problem = f"{self._models}: cannot be searched for the shadow: {problem_of(error)}"
            _log.error("%s", self.problem)

    def _find(self) -> _Found | None:
        if self._wanted != CANDIDATE:
            return _Found(f"version {self._wanted}", int(self._wanted), self._models / self._wanted)
        trained = [
            (number, folder / SERVING_FOLDER)
            for folder in (pipeline_in(self._models.parent) / _TRAINED).glob("*")
            if (number := number_of(folder.name)) is not None and (folder / SERVING_FOLDER / SAVED_MODEL).is_file()
        ]
        if not trained:
            return None
        number, folder = max(trained)
        return _Found(f"{CANDIDATE} {number}", number, folder)

    def _digest_of(self, found: _Found) -> str:
        if self._digest is None or self._digest[0] != found.label:
            self._digest = (found.label, registry.model_digest(found.folder))
        return self._digest[1]

    def _production_digest(self) -> str | None:
        """Returns the production model's digest; it is looked up once for each version, because it may have to be computed."""
        numbers = registry.numbers_in(self._models)
        if not numbers:
            return None
        if self._production is None or self._production[0] != numbers[-1]:
            self._production = (numbers[-1], registry.read_version(self._models, numbers[-1]).digest)
        return self._production[1]


def _require_candidates(models: Path, loader: Loader) -> None:
    folder = pipeline_in(models.parent)
    if loader.public_key is not None:
        raise InputError(
            f"--shadow {CANDIDATE}: what a run trained is signed when it is pushed, not before; with --require-signature "
            "name a version"
        )
    if not folder.is_dir():
        raise InputError(
            f"--shadow {CANDIDATE}: no {folder}, where runs keep what they trained; name their workspace with --workspace, "
            "or a version"
        )
