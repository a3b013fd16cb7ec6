"""Restores image files: reads, restores, writes, compares and measures each. A failure does not stop the others."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, TaskID

from components.production.signatures import require_signature
from data.errors import InputError
from data.image.codec.decoding import Limits
from data.image.codec.files import read_bytes
from data.storage.files import write_whole_bytes
from model_code.known_weights import RAIN, starter_name
from model_code.weights.starter.files import degradations, description
from pipeline import exit_codes
from pipeline.restoring import scores
from pipeline.restoring.comparison import comparison
from pipeline.restoring.model import STARTER_MODEL, ImageRestorer, require_model, starter_of
from pipeline.restoring.options import Options
from pipeline.restoring.original_image import OriginalImage, decode_original, encode_like, to_8_bits
from pipeline.restoring.scores import Score
from pipeline.restoring.sources import RestoreJob, find_jobs, unsupported_files
from pipeline.screen.plain_console import PlainConsole


def restore_images(sources: Sequence[str], output: Path | None, model: Path, options: Options | None = None) -> int:
    """Restores images and writes each under its own name, in its own format, depth and size.

    Args:
        sources: Files, folders with all images in them and below, globs, or `-` for standard input.
        output: Folder of the results, in which a folder's images keep their paths; None for standard output.
        model: Folder of a SavedModel, or the word for a starter.
        options: Options; None for the defaults.

    Returns:
        The exit code: 0, or 2 if an image could not be restored. Each of those is reported on stderr.

    Raises:
        InputError: A source is missing or holds no image, two results would get one path, or there is no model,
            or none that is signed as `options` ask.
    """
    options = options or Options()
    jobs = find_jobs(sources, output)
    require_model(model)
    if options.public_key is not None:
        require_signature(model, options.public_key)
    console = PlainConsole(stderr=True)
    _report_unsupported(console, unsupported_files(sources))
    waiting = [job for job in jobs if not (options.skip_existing and _has_result(job, output))]
    run = _RestoreRun(output, options, console)
    if waiting:
        if (degradation := starter_of(model)) is not None:
            words = f"{description(degradation).words}, which never saw your data"
            _print(console, f"restoring with {words}; `ast-restore run` trains a model{_others(model)}")
        restorer = ImageRestorer.load(model, options.memory, options.precision, options.trust_model)
        if restorer.precision:
            _print(console, f"computing in {restorer.precision}")
        run.restore(waiting, restorer)
    run.print_means()
    skipped = len(jobs) - len(waiting)
    summary = f"{run.restored} of {len(waiting)} images restored to {output or 'standard output'}"
    _print(console, summary + (f"; {skipped} skipped, as their results exist" if skipped else ""))
    return exit_codes.BAD_INPUT if run.failures else exit_codes.PUSHED


class _RestoreRun:
    """Restores the images of one command, and counts and measures them."""

    def __init__(self, output: Path | None, options: Options, console: Console) -> None:
        self.restored = self.failures = 0
        self._scores: list[Score] = []
        self._used_paths: set[Path] = set()
        self._output = output
        self._options = options
        self._console = console
        # Scores go to stdout, unless the image goes there.
        self._score_console = PlainConsole(soft_wrap=True) if output is not None else console

    def restore(self, jobs: Sequence[RestoreJob], restorer: ImageRestorer) -> None:
        """Restores all images; reports and counts failures."""
        self._used_paths = {job.result for job in jobs}
        with Progress(console=self._console, transient=True) as progress:
            files, parts = progress.add_task("images", total=len(jobs)), progress.add_task("parts of this image")
            for job in jobs:
                self._attempt(job, lambda original: self._restore(restorer, original, progress, parts))
                progress.advance(files)

    def print_means(self) -> None:
        """Prints the mean score, if any image was measured."""
        if self._scores:
            _print(self._score_console, f"mean of {len(self._scores)}  {scores.mean(self._scores)}")

    def _restore(self, restorer: ImageRestorer, original: OriginalImage, progress: Progress, task: TaskID) -> bytes:
        progress.reset(task, total=restorer.tiling.parts(*original.pixels.shape[:2]))
        method, is_gray = self._options.method, original.is_gray
        restored = restorer.restore(original.pixels, method, is_gray, lambda: progress.advance(task))
        return encode_like(original, restored, self._options.quality)

    def _attempt(self, job: RestoreJob, restore: Callable[[OriginalImage], bytes]) -> None:
        try:
            original = decode_original(_read(job, self._options.limits), job.name, self._options.limits)
            encoded = restore(original)
            result = job.result if job.source is not None else job.result.with_suffix(original.suffix)
            self._write(result, encoded)
            self.restored += 1
            self._compare(result, original, encoded)
        except InputError as error:
            self.failures += 1
            message = str(error) if job.name in str(error) else f"{job.name}: {error}"
            _print(self._console, f"ast-restore: {message}")

    def _write(self, result: Path, encoded: bytes) -> None:
        if self._output is None:
            sys.stdout.buffer.write(encoded)
            sys.stdout.buffer.flush()
        else:
            _write(self._output / result, encoded)

    def _compare(self, result: Path, original: OriginalImage, encoded: bytes) -> None:
        """Writes the comparison image and measures the result, as the options say."""
        options = self._options
        if not options.compare and options.target is None:
            return
        before, after = to_8_bits(original.pixels), to_8_bits(_decode(encoded, result, options.limits).pixels)
        if options.compare:
            folder = options.compare_folder or self._output or Path()
            _write(folder / self._comparison_path(result), comparison(before, after))
        if options.target is not None:
            path = scores.target_of(result, options.target)
            target = _decode(read_bytes(path, str(path), options.limits), path, options.limits)
            self._scores.append(scores.score(before, after, to_8_bits(target.pixels)))
            _print(self._score_console, f"{result}  {self._scores[-1]}")

    def _comparison_path(self, result: Path) -> Path:
        """Returns `photo.compare.png` for `photo.jpg`, or `photo.jpg.compare.png` if `photo.png` has that already."""
        names = (f"{result.stem}.compare.png", f"{result.name}.compare.png")
        free = next((name for name in names if result.with_name(name) not in self._used_paths), names[-1])
        self._used_paths.add(result.with_name(free))
        return result.with_name(free)


def _decode(data: bytes, path: Path, limits: Limits) -> OriginalImage:
    return decode_original(data, str(path), limits)


def _read(job: RestoreJob, limits: Limits) -> bytes:
    if job.source is not None:
        return read_bytes(job.source, job.name, limits)
    data = sys.stdin.buffer.read(limits.max_bytes + 1)
    if not data:
        raise InputError(f"{job.name}: empty; pipe an image into the command")
    if len(data) > limits.max_bytes:
        raise InputError(f"{job.name}: more than {limits.max_bytes:,} bytes; raise --max-bytes")
    return data


def _has_result(job: RestoreJob, output: Path | None) -> bool:
    return output is not None and job.source is not None and (output / job.result).is_file()


def _write(path: Path, data: bytes) -> None:
    try:
        write_whole_bytes(path, data)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error


def _others(model: Path) -> str:
    """Returns which starters there are beside that of rain, where no degradation was named."""
    if model != STARTER_MODEL:
        return ""
    names = ((starter_name(other), other) for other in degradations() if other != RAIN)
    return "".join(f"; --model {name} is for {other}" for name, other in names)


def _report_unsupported(console: Console, files: Sequence[Path]) -> None:
    if files:
        more = f" and {len(files) - 1} more" if len(files) > 1 else ""
        _print(console, f"skipped, as only PNG and JPEG are restored: {files[0]}{more}")


def _print(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
