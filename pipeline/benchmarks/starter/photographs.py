"""Fetches the photographs that the starter weights are trained on, from Debian packages, by the packages' names.

    python -m pipeline.benchmarks.starter.photographs DST [--skip PACKAGE] [--exclude FOLDER]

Only files of the reviewed table beside this module are taken: photographs under CC0, in the public domain or under CC BY. A
file that is not the reviewed one is refused. Each is written to DST as PNG: upright, sRGB with 8 bits, shrunk to at most 1600
pixels; beside them SOURCES.csv, and ATTRIBUTION.md to ship with the weights. A photograph of a scene of the project's own
photographs, on which the demo is judged, is refused.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from data.errors import InputError, attempt
from data.image.codec.decoding import FORMATS
from data.image.codec.encoding import encode_png
from data.image.hashing import differing_bits, scene_hash, to_bits
from data.image.resizing import shrink
from data.parallel import ordered_map
from data.spans.scenes import MAX_DIFFERING_BITS
from data.storage.files import whole_folder, write_whole
from data.synthesis.embedded import embedded_photos
from pipeline.benchmarks.starter.debian_packages import DebianArchive, read_members, version_of
from pipeline.benchmarks.starter.photo_table import (
    Photograph,
    PhotoTable,
    SourcePackage,
    attribution,
    count_table,
    read_table,
)
from pipeline.benchmarks.starter.sources import SOURCES, sources_csv
from pipeline.screen.terminal import run_main

MAX_SIDE = 1600
"""Pixels of the longer side; a larger photograph is shrunk."""

ATTRIBUTION = "ATTRIBUTION.md"
"""File beside the photographs that has to be shipped with weights."""

_FORMATS = (*FORMATS, "WEBP")
_ENDINGS = (".jpg", ".jpeg", ".png", ".webp")


def upright_rgb(data: bytes, name: str) -> Image.Image:
    """Decodes a photograph.

    Args:
        data: JPEG, PNG or WebP.
        name: Its name in messages.

    Returns:
        RGB with 8 bits in sRGB, turned as its EXIF orientation says.

    Raises:
        InputError: It cannot be decoded, or has transparent parts.
    """
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            profile = picture.info.get("icc_profile")
            upright = ImageOps.exif_transpose(picture)
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise InputError(f"{name}: no image that can be decoded ({error})") from None
    if np.asarray(upright.convert("RGBA").getchannel("A")).min() < 255:
        raise InputError(f"{name}: has transparent parts; a photograph has none")
    rgb = upright.convert("RGB")
    if profile and upright.mode == "RGB":
        try:
            srgb = ImageCms.createProfile("sRGB")
            ImageCms.profileToProfile(rgb, io.BytesIO(profile), srgb, inPlace=True)
        except (ImageCms.PyCMSError, OSError) as error:
            raise InputError(f"{name}: its colour profile cannot be used ({error})") from None
    return rgb


def scenes_below(folder: Path) -> dict[str, str]:
    """Returns the scene hash of every image below a folder, by its path; prints which files cannot be decoded.

    Args:
        folder: The folder; files of other kinds are skipped by their ending.

    Raises:
        InputError: It is no folder.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder of images")
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _ENDINGS and path.is_file())
    scenes: dict[str, str] = {}
    for path, scene in zip(files, ordered_map(partial(attempt, _scene_of), files), strict=True):
        if isinstance(scene, InputError):
            print(f"skipped: {scene}")
        else:
            scenes[str(path)] = scene
    return scenes


def _scene_of(path: Path) -> str:
    return scene_hash(upright_rgb(path.read_bytes(), str(path)))


def shared_scenes(photographs: Sequence[Photograph], others: Mapping[str, str]) -> dict[str, str]:
    """Finds the photographs that show a scene of other images, mirrored or not.

    Args:
        photographs: The photographs.
        others: Scene hashes by name.

    Returns:
        Name of the nearest other image by file, of those that show one scene.
    """
    if not photographs or not others:
        return {}
    names = list(others)
    differing = differing_bits(
        to_bits([photograph.scene_hash for photograph in photographs]), to_bits(list(others.values()))
    )
    return {
        photograph.file: names[int(row.argmin())]
        for photograph, row in zip(photographs, differing, strict=True)
        if row.min() <= MAX_DIFFERING_BITS
    }


def check_package(package: SourcePackage, photographs: Sequence[Photograph], content: Mapping[str, bytes]) -> None:
    """Checks that licence file and photographs are the reviewed ones.

    Args:
        package: The package.
        photographs: Its photographs.
        content: Files of the package by path.

    Raises:
        InputError: A file is missing or has another SHA-256; the message names each.
    """
    pinned = {package.licence_file: package.licence_sha256, **{row.path: row.sha256 for row in photographs}}
    problems = [
        f"{package.name}: {path} {'is not the reviewed file' if path in content else 'is missing'}"
        for path, sha256 in pinned.items()
        if hashlib.sha256(content.get(path, b"")).hexdigest() != sha256
    ]
    if problems:
        raise InputError(f"{'; '.join(problems)}: review the package anew, or leave it out with --skip {package.name}")


def write_photographs(
    folder: Path, photographs: Sequence[Photograph], content: Mapping[str, bytes]
) -> list[tuple[int, int]]:
    """Writes photographs as PNG.

    Args:
        folder: Folder to write to.
        photographs: The photographs of one package.
        content: Files of the package by path.

    Returns:
        (height, width) of each as written.

    Raises:
        InputError: A photograph cannot be decoded, or its scene hash is not the table's.
    """
    return list(ordered_map(partial(_write, folder, content), photographs))


def _write(folder: Path, content: Mapping[str, bytes], photograph: Photograph) -> tuple[int, int]:
    picture = upright_rgb(content[photograph.path], photograph.path)
    differing = differing_bits(to_bits([scene_hash(picture)]), to_bits([photograph.scene_hash]))
    if differing[0, 0] > MAX_DIFFERING_BITS:
        raise InputError(f"{photograph.file}: its scene_hash in the table is that of another picture")
    pixels = shrink(np.asarray(picture), MAX_SIDE)
    (folder / photograph.file).write_bytes(encode_png(pixels))
    return pixels.shape[0], pixels.shape[1]


def fetch(table: PhotoTable, destination: Path, download: Callable[[str, str], Path]) -> None:
    """Fetches every photograph of a table.

    Args:
        table: The photographs.
        destination: Folder to write; it is replaced as a whole, or left as it was after an error.
        download: Returns the package file, by name and release; it is removed when it has been read.

    Raises:
        InputError: A package cannot be had, a file is not the reviewed one, or the demo is judged on a scene.
    """
    judged = {Path(name).name: digest for name, digest in scenes_below(embedded_photos()).items()}
    if shared := shared_scenes(table.photographs, judged):
        raise InputError(
            "; ".join(f"{file} shows the scene of the project's own {name}" for file, name in shared.items())
        )
    versions: dict[str, str] = {}
    sizes: dict[str, tuple[int, int]] = {}
    with whole_folder(destination) as folder:
        for package in table.packages.values():
            photographs = table.of(package.name)
            path = download(package.name, package.suite)
            versions[package.name] = version_of(path)
            content = read_members(path, {package.licence_file, *(row.path for row in photographs)})
            path.unlink()
            check_package(package, photographs, content)
            written = write_photographs(folder, photographs, content)
            sizes.update(zip((row.file for row in photographs), written, strict=True))
            print(f"{package.name} {versions[package.name]}: {len(photographs)} photographs", flush=True)
        write_whole(folder / SOURCES, sources_csv(table, versions, sizes))
        write_whole(folder / ATTRIBUTION, attribution(table))


def choose(skip: Iterable[str] = (), exclude: Iterable[Path] = ()) -> PhotoTable:
    """Returns the table without what is not wanted, and prints what is left out.

    Args:
        skip: Packages to leave out.
        exclude: Folders of images whose scenes are left out.

    Raises:
        InputError: There is no such package or folder.
    """
    table = read_table().without(skip)
    others = {name: digest for folder in exclude for name, digest in scenes_below(folder).items()}
    shared = shared_scenes(table.photographs, others)
    for file, name in shared.items():
        print(f"{file} is left out: it shows the scene of {name}")
    return PhotoTable(table.packages, tuple(row for row in table.photographs if row.file not in shared))


def main(arguments: Sequence[str] | None = None) -> None:
    """Fetches the photographs and prints how many there are by package and licence.

    Args:
        arguments: The command line; by default the process's own.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("destination", type=Path, metavar="DST", help="folder to write")
    parser.add_argument(
        "--skip", action="append", default=[], metavar="PACKAGE", help="leave a package out; may be repeated"
    )
    parser.add_argument(
        "--exclude",
        action="append",
        default=[],
        type=Path,
        metavar="FOLDER",
        help="leave out photographs that show a scene of an image below this folder; may be repeated",
    )
    options = parser.parse_args(arguments)
    table = choose(options.skip, options.exclude)
    with tempfile.TemporaryDirectory() as scratch:
        archive = DebianArchive(Path(scratch), {package.suite for package in table.packages.values()})
        fetch(table, options.destination, archive.download)
    print(count_table(table))


if __name__ == "__main__":
    sys.exit(run_main(main))
