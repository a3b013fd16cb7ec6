"""Lists of pairs, as spreadsheets and people write them, for a folder with two pairs."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from data.errors import InputError
from data.layouts.choice import LayoutChoice, choose_layout
from data.layouts.pairing import find_pairs
from tests.fuzz.frame import Target

_FILES = ("input/1.png", "input/région.png", "target/1.png", "target/région.png")


@functools.cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Makes the folder once: making and removing it for each input took nine tenths of the time. It goes with the process."""
    folder = tempfile.TemporaryDirectory()
    for name in _FILES:
        path = Path(folder.name) / "set" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (Path(folder.name) / "outside.png").touch()
    return folder


def _read(data: bytes) -> None:
    root = Path(_folder().name) / "set"
    (root / "pairs.csv").write_bytes(data)
    found = find_pairs(root, choose_layout(LayoutChoice("list", list_file="pairs.csv")))
    assert {name for pair in found.pairs for name in (pair.input, pair.target)} <= set(_FILES)


def _seeds() -> list[bytes]:
    plain = "input/1.png,target/1.png\ninput/région.png,target/région.png\n"
    return [
        plain.encode(),
        f"input,target,severity,scene\n{plain.splitlines()[0]},heavy,a\n".encode(),
        "input;target\n".encode("utf-16") + plain.replace(",", ";").replace("/", "\\").encode("utf-16-le"),
        b"# comment\n/input/1.png /target/1.png\n",
    ]


TARGET = Target(
    read=_read,
    seeds=_seeds,
    refusals=(InputError,),
    words=(
        *(
            b"input",
            b"target",
            b"severity",
            b"scene",
            b",",
            b";",
            b"\t",
            b'"',
            b'""',
            b"\n",
            b"\r",
            b"\x00",
            b"../",
            b"/",
        ),
        *(
            b"../outside.png",
            b"\xff\xfe",
            b"\xef\xbb\xbf",
            b"\xe2\x80\xa8",
            b"\x1b[31m",
            b"\\",
            b"heavy",
            b"\xc3\xa9",
            b"e\xcc\x81",
        ),
    ),
)
