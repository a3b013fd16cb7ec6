"""Tries each newer version on a share of the requests before it answers all, and takes it back where it is out of bounds.

The proven version answers the other requests. A version that a rollback or a promotion published, and one with the proven
model's content, is served at once: a person decided so, or nothing changes. What is decided is written to the push destination:
a failed version is denied and the proven one published again, a passed one becomes the proven one. So other servers, the
schedule and a restart agree with it.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from components.production import changes, proven, registry
from components.production.registry import Version
from data.image.plausibility import Plausibility
from pipeline.serving.model.batching import Batcher, ModelCall
from pipeline.serving.model.loading import Loader, problem_of
from pipeline.serving.model.reloading import ModelReloader
from pipeline.serving.model.served_model import ServedModel
from pipeline.serving.monitoring.metrics import Metrics
from pipeline.serving.rollout.bounds import Bounds, bounds_from
from pipeline.serving.rollout.canary.destination import WatchedDestination
from pipeline.serving.rollout.canary.judge import Judge
from pipeline.serving.rollout.canary.measuring import AnswerMeasurer
from pipeline.serving.rollout.canary.trial import Trial
from pipeline.serving.rollout.draws import Draws
from pipeline.serving.rollout.settings import CanarySettings

_SEED_BITS = 64
_BY_A_PERSON = ("rollback", "promotion")

_log = logging.getLogger("ast-restore serve")


class CanaryReloader(ModelReloader):
    """Holds the proven version and the canary, and chooses between them.

    Attributes:
        event: What became of the last canary, in a sentence; empty before there was one.
    """

    def __init__(
        self,
        loader: Loader,
        metrics: Metrics,
        settings: CanarySettings,
        measurer: AnswerMeasurer,
        queue: int,
        max_batch: int,
    ) -> None:
        """Starts without a model.

        Args:
            loader: Loads a version.
            metrics: Counts loads and what becomes of canaries.
            settings: Share and limits.
            measurer: Measures answers.
            queue: Maximum images in flight; a canary has its share of them.
            max_batch: Maximum number of images per call.

        Raises:
            InputError: A range of a measure is none.
        """
        super().__init__(loader, metrics.count_load)
        self.event = ""
        self._metrics = metrics
        self._settings = settings
        self._bounds: Bounds = bounds_from(settings.bounds)
        self._measurer = measurer
        self._most_in_flight = max(1, round(settings.share * queue))
        self._max_batch = max_batch
        # A client that knew the draws could send odd images to the canary alone.
        self._seed = secrets.randbits(_SEED_BITS) if settings.seed is None else settings.seed
        self._draws = Draws(settings.share, self._seed)
        self._trial: Trial | None = None
        self._closed: list[Trial] = []  # they have requests in flight
        self._destination = WatchedDestination()
        self._refused: set[str] = set()  # digests, while the push destination cannot be written
        metrics.watch_canary(lambda: trial.model.number if (trial := self._open_trial()) else 0)

    def choose(self) -> ServedModel | None:
        """Returns the version for the next request: by its number, and production while the canary has its share in flight."""
        trial = self._open_trial()
        if trial is None or not self._draws.next() or trial.in_flight >= self._most_in_flight:
            return self.current
        return trial.model

    def find(self, number: str) -> ServedModel | None:
        """Returns the version with a number, if it is served."""
        trial = self._open_trial()
        return trial.pinned if trial is not None and str(trial.model.number) == number else super().find(number)

    def used(self, model: ServedModel) -> AbstractContextManager[None]:
        """Counts a request of a version as in flight while the context lasts."""
        trial = self._trial_of(model)
        return nullcontext() if trial is None else trial.used()

    def batcher_of(self, model: ServedModel) -> Batcher | None:
        """Returns the canary's own batcher; None for another version."""
        trial = self._trial_of(model)
        return None if trial is None or trial.is_ended else trial.batcher

    def observe(self, call: ModelCall) -> None:
        """Counts a call of production while there is a canary.

        Args:
            call: The call.
        """
        trial = self._open_trial()
        if trial is not None and call.model is self.current:
            trial.judge.count(call, is_canary=False)
            if trial.judge.wants_production():
                self._measure(call, trial.judge, is_canary=False)

    @property
    def canary(self) -> str:
        """What the canary does, in words."""
        trial = self._open_trial()
        if trial is None:
            return self.event or "no newer version is there"
        return f"version {trial.model.number} answers {self._settings.share:.0%}, {trial.judge.answered} images so far"

    @contextmanager
    def polling(self, models: Path) -> Iterator[None]:
        """Polls every second, in a thread of its own, while the context lasts; ends the canary's thread after it."""
        with super().polling(models):
            yield
        for trial in (*self._closed, *((self._trial,) if self._trial else ())):
            trial.end()

    def poll(self, models: Path) -> None:
        """Carries out what was decided, and loads the versions that should be served or tried.

        Args:
            models: The push destination.
        """
        self.collect()
        problem = self._carry_out(models)
        numbers = self._destination.numbers(models)
        if self.current is None:
            self._serve_first(models, numbers)
        if self.current is not None:
            self._serve_newer(models, numbers)
        self._free_closed()
        if problem and problem != self.problem:
            _log.error("%s", problem)
        self.note(models, numbers, problem)

    def _serve_first(self, models: Path, numbers: list[int]) -> None:
        """Loads the proven version; where there is none, the newest one that was not denied is."""
        answering, denied = proven.read(models), self._destination.denied(models)
        order = [
            number for number in reversed(numbers) if self._destination.version(models, number).digest not in denied
        ]
        if answering is not None and answering.number in numbers:
            others = [number for number in order if number != answering.number]
            order = [answering.number, *others]
        for number in order or list(reversed(numbers)):
            if self.may_try(models, number) and self.load(models / str(number), number):
                if answering is None or answering.number not in numbers:
                    changes.prove(models, number)
                return

    def _serve_newer(self, models: Path, numbers: list[int]) -> None:
        """Serves or tries the newest version above the proven one that was not denied and that loads."""
        assert self.current is not None
        answering, denied = proven.read(models), self._destination.denied(models)
        current = self.current.number
        digest = self._destination.version(models, current).digest if current in numbers else ""
        for number in reversed([number for number in numbers if number > current]):
            version = self._destination.version(models, number)
            if version.digest in denied:
                continue
            is_proven = answering is not None and answering.number == number
            if is_proven or version.digest == digest or version.origin in _BY_A_PERSON:
                if self._serve_at_once(models, version, is_proven):
                    return
            elif version.digest in self._refused:
                continue
            elif (self._trial is not None and self._trial.model.number == number) or self._try(models, version):
                return

    def _serve_at_once(self, models: Path, version: Version, is_proven: bool) -> bool:
        trial, number = self._trial, version.number
        if trial is not None and trial.model.number == number:  # it is loaded already
            self._end_trial("promoted", f"version {number} was promoted and answers every request")
            self.replace(trial.model)
            return True
        if not self.may_try(models, number) or not self.load(models / str(number), number):
            return False
        if not is_proven:
            changes.prove(models, number)
        if trial is not None:
            self._end_trial("superseded", f"version {trial.model.number} was superseded by version {number}")
        return True

    def _try(self, models: Path, version: Version) -> bool:
        """Loads a version as the canary; returns whether it succeeded."""
        number = version.number
        model = self.read(models / str(number), number) if self.may_try(models, number) else None
        if model is None:
            return False
        if self._trial is not None:
            self._end_trial(
                "superseded", f"version {self._trial.model.number} was superseded by version {version.number}"
            )
        judge = Judge(self._settings)

        def count(call: ModelCall) -> None:
            if call.model is not model:
                return
            judge.count(call, is_canary=True)
            self._metrics.count_canary("failed" if call.error else "answered", len(call.images))
            self._measure(call, judge, is_canary=True)

        self._trial = Trial(model, version.digest, judge, self._max_batch, self._metrics.count_batch, count)
        share = f"{self._settings.share:.0%}"
        _log.info("version %d answers %s of the requests as a canary, drawn by the seed %d", number, share, self._seed)
        return True

    def _measure(self, call: ModelCall, judge: Judge, is_canary: bool) -> None:
        def take(measures: Plausibility) -> None:
            broken = self._bounds.broken(measures)
            judge.count_measured(broken, is_canary)
            if is_canary and broken:
                self._metrics.count_canary("odd", 1)

        self._measurer.offer(call, take)

    def _carry_out(self, models: Path) -> str:
        """Does what was decided about the canary; returns what keeps it from being written, or nothing."""
        trial = self._trial
        if trial is None:
            return ""
        has_failed = trial.judge.decision is not None and not trial.judge.decision.passes
        if trial.digest in self._destination.denied(models) and not has_failed:
            self._end_trial("rolled_back", f"version {trial.model.number} was rolled back by another")
            return ""
        hangs = trial.hangs_for()
        if hangs is not None:
            trial.judge.refuse(f"a call has not ended for {hangs:.0f} s")
        decision = trial.judge.decision
        if decision is None:
            return ""
        number = trial.model.number
        try:
            if decision.passes:
                changes.prove(models, number)
                self._end_trial("promoted", f"version {number} passed and answers every request: {decision.reason}")
                self.replace(trial.model)
            else:
                self._refused.add(trial.digest)
                trial.is_open = False
                self._withdraw(models, trial, decision.reason)
        except Exception as error:  # a full disk, or a folder that is not writable any more
            return f"what became of version {number} cannot be written: {problem_of(error)}"
        return ""

    def _withdraw(self, models: Path, trial: Trial, reason: str) -> None:
        assert self.current is not None
        number = trial.model.number
        published = None
        if number in registry.numbers_in(models):
            # A version that has to be signed needs a person's key, which a server must not have.
            can_publish = self.loader.public_key is None
            published = changes.withdraw(models, number, self.current.number, f"canary: {reason}", can_publish)
        self._refused.discard(trial.digest)  # it is denied now, and a promotion lifts that
        again = f"; version {published.number} has the content of version {self.current.number}" if published else ""
        self._end_trial("rolled_back", f"version {number} was rolled back: {reason}{again}")

    def _end_trial(self, result: str, event: str) -> None:
        assert self._trial is not None
        self._metrics.count_canary_end(result)
        (_log.error if result == "rolled_back" else _log.info)("%s", event)
        self.event = event
        self._trial.is_open = False
        self._closed.append(self._trial)
        self._trial = None

    def _free_closed(self) -> None:
        """Ends the threads of canaries that have answered their last request."""
        in_use = [trial for trial in self._closed if not trial.end_if_unused()]
        self.has_dropped |= len(in_use) < len(self._closed)
        self._closed = in_use

    def _open_trial(self) -> Trial | None:
        """Returns the canary while it gets requests: from the moment of a decision on, it gets none."""
        trial = self._trial
        return trial if trial is not None and trial.is_open and trial.judge.decision is None else None

    def _trial_of(self, model: ServedModel) -> Trial | None:
        """Returns the canary that a version is or was; None for the version in production, which may have been one."""
        if model is self.current:
            return None
        trials = (*self._closed, *((self._trial,) if self._trial else ()))
        return next((trial for trial in trials if model is trial.model or model is trial.pinned), None)
