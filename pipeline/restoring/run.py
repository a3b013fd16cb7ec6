"""Restoring files: each is read, restored, written whole, compared and measured, and none that fails stops the others."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, TaskID

from data.errors import InputError
from data.files import write_whole_bytes
from data.image.decoding import Limits
from data.image.files import read_bytes
from pipeline import exit_codes
from pipeline.restoring import scores
from pipeline.restoring.comparison import sheet
from pipeline.restoring.model import PictureModel, require_model
from pipeline.restoring.options import Options
from pipeline.restoring.picture import Picture, eight_bits, encode, read
from pipeline.restoring.scores import Score
from pipeline.restoring.sources import Work, find, left_out


def restore_images(sources: Sequence[str], output: Path | None, model: Path, options: Options | None = None) -> int:
    """Restores images and writes each under its own name, in its own format, depth and size.

    Args:
        sources: Files, folders that stand for all images in them and below, globs, or `-` for standard input.
        output: Folder for the results, where a folder's images keep their place; None for standard output.
        model: Folder of a SavedModel.
        options: How.

    Returns:
        An exit code: 0, or 2 where a file could not be restored; each of those is named on stderr.

    Raises:
        InputError: A source is missing or holds no image, two would be written to one file, or there is no model.
    """
    options = options or Options()
    work = find(sources, output)
    require_model(model)
    console = Console(stderr=True)
    _say_what_is_left_out(console, left_out(sources))
    waiting = [item for item in work if not (options.skip_existing and _is_there(item, output))]
    done = _Run(output, options, console)
    if waiting:
        done.restore(waiting, PictureModel.load(model, options.memory, options.half_precision))
    done.print_means()
    skipped = len(work) - len(waiting)
    told = f"{done.restored} of {len(waiting)} images restored to {output or 'standard output'}"
    _say(console, told + (f"; {skipped} were there" if skipped else ""))
    return exit_codes.BAD_INPUT if done.failures else exit_codes.PUSHED


class _Run:
    """What one command has done so far."""

    def __init__(self, output: Path | None, options: Options, console: Console) -> None:
        self.restored = self.failures = 0
        self._scores: list[Score] = []
        self._taken: set[Path] = set()
        self._output = output
        self._options = options
        self._console = console
        # Nothing but the picture may go where the picture goes.
        self._results = Console(soft_wrap=True) if output is not None else console

    def restore(self, work: Sequence[Work], model: PictureModel) -> None:
        """Restores everything; a failure is named and counted."""
        self._taken = {item.place for item in work}
        with Progress(console=self._console, transient=True) as progress:
            files, parts = progress.add_task("images", total=len(work)), progress.add_task("parts of this one")
            for item in work:
                self._attempt(item, lambda picture: self._restore(model, picture, progress, parts))
                progress.advance(files)

    def print_means(self) -> None:
        """Prints the means of what was measured."""
        if self._scores:
            _say(self._results, f"mean of {len(self._scores)}  {scores.mean(self._scores)}")

    def _restore(self, model: PictureModel, picture: Picture, progress: Progress, task: TaskID) -> bytes:
        parts = model.tiling.parts(*picture.pixels.shape[:2])
        progress.reset(task, total=parts)
        method = self._options.method
        restored = model.restore(picture.pixels, method, picture.gray, lambda: progress.advance(task))
        return encode(picture, restored, self._options.quality)

    def _attempt(self, item: Work, restore: Callable[[Picture], bytes]) -> None:
        try:
            picture = read(_bytes(item, self._options.limits), item.name, self._options.limits)
            encoded = restore(picture)
            place = item.place if item.source is not None else item.place.with_suffix(picture.suffix)
            self._write(place, encoded)
            self.restored += 1
            if self._options.compare or self._options.target:
                self._look(place, picture, encoded)
        except InputError as error:
            self.failures += 1
            said = str(error) if item.name in str(error) else f"{item.name}: {error}"
            _say(self._console, f"ast-restore: {said}")

    def _write(self, place: Path, encoded: bytes) -> None:
        if self._output is None:
            sys.stdout.buffer.write(encoded)
            sys.stdout.buffer.flush()
        else:
            _write(self._output / place, encoded)

    def _look(self, place: Path, picture: Picture, encoded: bytes) -> None:
        """Compares what was written with what was read."""
        options = self._options
        before, after = eight_bits(picture.pixels), eight_bits(read(encoded, str(place), options.limits).pixels)
        if options.compare:
            folder = options.compare_folder or self._output or Path()
            _write(folder / self._sheet_place(place), sheet(before, after))
        if options.target is not None:
            target = scores.target_of(place, options.target)
            data = read_bytes(target, str(target), options.limits)
            clean = eight_bits(read(data, str(target), options.limits).pixels)
            self._scores.append(scores.score(before, after, clean))
            _say(self._results, f"{place}  {self._scores[-1]}")

    def _sheet_place(self, place: Path) -> Path:
        """Returns `photo.compare.png` for `photo.jpg`, or `photo.jpg.compare.png` where `photo.png` has that already."""
        names = (f"{place.stem}.compare.png", f"{place.name}.compare.png")
        free = next((name for name in names if place.with_name(name) not in self._taken), names[-1])
        self._taken.add(place.with_name(free))
        return place.with_name(free)


def _bytes(item: Work, limits: Limits) -> bytes:
    if item.source is not None:
        return read_bytes(item.source, item.name, limits)
    data = sys.stdin.buffer.read(limits.max_bytes + 1)
    if not data:
        raise InputError(f"{item.name}: empty; pipe an image into the command")
    if len(data) > limits.max_bytes:
        raise InputError(f"{item.name}: more than {limits.max_bytes:,} bytes; raise the limit")
    return data


def _is_there(item: Work, output: Path | None) -> bool:
    return output is not None and item.source is not None and (output / item.place).is_file()


def _write(path: Path, data: bytes) -> None:
    try:
        write_whole_bytes(path, data)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error


def _say_what_is_left_out(console: Console, files: Sequence[Path]) -> None:
    if files:
        more = f" and {len(files) - 1} more" if len(files) > 1 else ""
        _say(console, f"left out, as only PNG and JPEG are restored: {files[0]}{more}")


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
