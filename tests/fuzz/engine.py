"""Fuzzes one target with atheris in this process: `python -m tests.fuzz.engine NAME FINDINGS CORPUS SECONDS`."""

from __future__ import annotations

import hashlib
import sys
import traceback
from pathlib import Path

import atheris

# Modules whose branches guide the fuzzer: this project's readers, and the libraries in Python that they call.
_GUIDING = ["h11", "uvicorn.protocols", "PIL", "json", "yaml", "pickle", "pipeline", "components.production", "data"]

with atheris.instrument_imports(include=_GUIDING, enable_loader_override=False):
    from tests.fuzz import frame

    _TARGET = frame.target(sys.argv[1])

_MAX_INPUT_BYTES = 1 << 16
_MAX_MEMORY_MIB = 3072


class _Findings:
    """Keeps the first input of each kind of failure, and goes on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kinds: set[str] = set()

    def keep(self, data: bytes, error: BaseException) -> None:
        """Writes an input and its traceback, unless a failure of the same place is there already."""
        place = traceback.extract_tb(error.__traceback__)[-1]
        kind = f"{type(error).__name__} {place.filename}:{place.lineno}"
        if kind in self._kinds:
            return
        self._kinds.add(kind)
        name = hashlib.sha256(data).hexdigest()[:16]
        (self._folder / name).write_bytes(data)
        (self._folder / f"{name}.txt").write_text("".join(traceback.format_exception(error)), encoding="utf-8")
        print(f"finding {name}: {kind}: {str(error)[:200]}", flush=True)


def main() -> None:
    """Fuzzes until the time is over; libFuzzer ends the process."""
    folder, corpus, seconds = Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]
    findings = _Findings(folder)
    for number, seed in enumerate(_TARGET.seeds()):
        (corpus / f"seed-{number}").write_bytes(seed)
    words = corpus.with_suffix(".words")
    words.write_text("".join(f'"{"".join(f"{chr(92)}x{byte:02x}" for byte in word)}"\n' for word in _TARGET.words))

    def test_one_input(data: bytes) -> None:
        try:
            frame.check(_TARGET, data)
        except Exception as error:
            findings.keep(data, error)

    options = [f"-max_total_time={seconds}", f"-max_len={_MAX_INPUT_BYTES}", f"-rss_limit_mb={_MAX_MEMORY_MIB}"]
    options += [f"-artifact_prefix={folder}/", "-timeout=30", "-print_final_stats=1", f"-dict={words}"]
    atheris.Setup([sys.argv[0], *options, str(corpus)], test_one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
