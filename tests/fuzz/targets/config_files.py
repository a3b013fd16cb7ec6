"""Configuration files and values of `--set`, as YAML: the bytes before `SET` are a file, those after it an override."""

from __future__ import annotations

import tempfile
from pathlib import Path

from data.errors import InputError
from pipeline.config import Config, load
from tests.fuzz.frame import Target

SET = b"\xff--set\xff"


def _read(data: bytes) -> None:
    content, _, override = data.partition(SET)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "config.yaml"
        file.write_bytes(content)
        overrides = (override.decode("utf-8", "surrogateescape"),) if override else ()  # as Python hands arguments on
        config = load(file, overrides)
    assert isinstance(config, Config)


def _seeds() -> list[bytes]:
    return [
        b"train:\n  stages:\n    - {patch: 32, batch: 4, steps: 120, learning_rate: 0.002}\n  seed: 3\n",
        b"gate: {min_psnr: 10, confidence: 0.8, slices: [severity]}\n",
        b"notify:\n  command: [echo, 'a: b']\n  timeout_seconds: 1.5e0\n" + SET + b"train.seed=7",
        b"# nothing\n" + SET + b"gate.slice_gains_psnr={'severity: heavy': -1}",
    ]


TARGET = Target(
    read=_read,
    seeds=_seeds,
    refusals=(InputError,),
    words=(
        *(
            SET,
            b"&a ",
            b"*a",
            b"<<: *a",
            b"? ",
            b"!!python/object/apply:os.system",
            b"!!binary ",
            b"!!set ",
            b"!!omap ",
            b"%YAML 9",
        ),
        *(
            b"---\n",
            b"...\n",
            b"|-\n",
            b">\n",
            b"0x",
            b"1e999",
            b".nan",
            b".inf",
            b"2001-99-99",
            b"1:30",
            b"\xef\xbb\xbf",
        ),
        *(b"workspace: ", b"~", b"webhook: ", b"records: ", b"null", b"\xc2\x85", b"\xe2\x80\xa8", b"\t", b"{", b"["),
    ),
)
