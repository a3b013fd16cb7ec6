"""Photographs are fetched from packages, checked and written; the packages of these tests are built here."""

from __future__ import annotations

import csv
import hashlib
import io
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from data.errors import InputError
from data.image.hashing import scene_hash
from data.synthesis.embedded import embedded_photos
from pipeline import exit_codes
from pipeline.benchmarks.starter import photographs
from pipeline.benchmarks.starter.debian_packages import DebianArchive, read_members, version_of
from pipeline.benchmarks.starter.photo_table import Photograph, PhotoTable, SourcePackage, read_table
from pipeline.screen.terminal import run_main

LICENCE = "usr/share/doc/photos/copyright"
WIDE, TURNED = "usr/share/photos/wide.jpg", "usr/share/photos/turned.webp"

needs_debian = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="packages are built and read with dpkg-deb")


def _scene(seed: int, height: int, width: int) -> Image.Image:
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def _encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


@pytest.fixture(scope="module")
def content() -> dict[str, bytes]:
    """Files of a package: a licence, a wide photograph, and one that a camera held upright would have turned."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees to the right
    return {
        LICENCE: b"Files: *\nLicense: CC0-1.0\n",
        WIDE: _encoded(_scene(1, 300, 2000), "JPEG", quality=95),
        TURNED: _encoded(_scene(2, 120, 90), "WEBP", lossless=True, exif=exif),
    }


@pytest.fixture(scope="module")
def table(content: dict[str, bytes]) -> PhotoTable:
    rows = [
        Photograph(
            file=f"{Path(path).stem}.png",
            package="photos",
            path=path,
            author="A. Author",
            licence="CC0-1.0",
            sha256=hashlib.sha256(content[path]).hexdigest(),
            scene_hash=scene_hash(photographs.upright_rgb(content[path], path)),
            is_hazy=path == WIDE,
        )
        for path in (WIDE, TURNED)
    ]
    licence = hashlib.sha256(content[LICENCE]).hexdigest()
    package = SourcePackage(name="photos", suite="trixie", version="1.0", licence_file=LICENCE, licence_sha256=licence)
    return PhotoTable({"photos": package}, tuple(rows))


def _package(folder: Path, content: dict[str, bytes], version: str = "1.1-2") -> Path:
    """Builds a Debian package with some files."""
    tree = folder / "tree"
    for path, data in content.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_bytes(data)
    (tree / "DEBIAN").mkdir()
    control = (
        f"Package: photos\nVersion: {version}\nArchitecture: all\nMaintainer: A <a@b.c>\nDescription: photographs\n"
    )
    (tree / "DEBIAN/control").write_text(control, encoding="utf-8")
    package = folder / "photos_1_all.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", tree, package], check=True, capture_output=True)
    shutil.rmtree(tree)
    return package


@needs_debian
def test_photographs_are_written_upright_and_shrunk_with_their_sources(
    table: PhotoTable, content: dict[str, bytes], tmp_path: Path
):
    asked = []

    def download(name: str, suite: str) -> Path:
        asked.append((name, suite))
        return _package(tmp_path, content)

    photographs.fetch(table, tmp_path / "out", download)
    assert asked == [("photos", "trixie")]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        photographs.ATTRIBUTION, photographs.SOURCES, "turned.png", "wide.png",
    ]  # fmt: skip
    with Image.open(tmp_path / "out/wide.png") as wide, Image.open(tmp_path / "out/turned.png") as turned:
        assert (wide.mode, wide.size) == ("RGB", (photographs.MAX_SIDE, 240))
        assert (turned.mode, turned.size) == ("RGB", (120, 90))
        assert np.array_equal(np.asarray(turned), np.rot90(np.asarray(_scene(2, 120, 90)), -1))
    with (tmp_path / "out" / photographs.SOURCES).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["file"] for row in rows] == ["wide.png", "turned.png"]
    assert rows[0] == {
        "file": "wide.png", "height": "240", "width": "1600", "package": "photos", "version": "1.1-2", "path": WIDE,
        "author": "A. Author", "licence": "CC0-1.0", "is_hazy": "True", "sha256": hashlib.sha256(content[WIDE]).hexdigest(),
    }  # fmt: skip
    assert "A. Author" in (tmp_path / "out" / photographs.ATTRIBUTION).read_text(encoding="utf-8")


@needs_debian
def test_a_changed_photograph_is_refused_by_name_and_the_folder_stays_as_it_was(
    table: PhotoTable, content: dict[str, bytes], tmp_path: Path
):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/earlier.png").touch()
    changed = {**content, WIDE: content[WIDE] + b"\0"}
    with pytest.raises(InputError, match=f"photos: {WIDE} is not the reviewed file") as error:
        photographs.fetch(table, tmp_path / "out", lambda *_: _package(tmp_path, changed))
    assert TURNED not in str(error.value)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["earlier.png"]


@pytest.mark.parametrize(
    ("path", "data", "problem"),
    [
        (LICENCE, b"License: GPL-2\n", "is not the reviewed file"),
        (LICENCE, None, "is missing"),
        (TURNED, None, "is missing"),
    ],
)
def test_a_changed_licence_or_a_missing_file_is_refused_by_name(
    path: str, data: bytes | None, problem: str, table: PhotoTable, content: dict[str, bytes]
):
    there = {name: data if name == path else old for name, old in content.items()}
    there = {name: value for name, value in there.items() if value is not None}
    with pytest.raises(InputError, match=f"^photos: {path} {problem}: review the package anew"):
        photographs.check_package(table.packages["photos"], table.photographs, there)


def test_the_unchanged_files_pass(table: PhotoTable, content: dict[str, bytes]):
    photographs.check_package(table.packages["photos"], table.photographs, content)


def test_a_photograph_of_a_scene_that_the_demo_is_judged_on_is_never_fetched(table: PhotoTable, tmp_path: Path):
    with Image.open(embedded_photos() / "china.jpg") as photo:
        row = table.photographs[0].model_copy(update={"scene_hash": scene_hash(photo)})
    with pytest.raises(InputError, match="wide.png shows the scene of the project's own china.jpg"):
        photographs.fetch(PhotoTable(table.packages, (row,)), tmp_path / "out", lambda *_: pytest.fail("was fetched"))


def test_another_picture_than_the_scene_hash_is_refused(table: PhotoTable, content: dict[str, bytes], tmp_path: Path):
    row = table.photographs[0].model_copy(update={"scene_hash": table.photographs[1].scene_hash})
    with pytest.raises(InputError, match=r"wide\.png: its scene_hash in the table is that of another picture"):
        photographs.write_photographs(tmp_path, [row], content)


def test_a_photograph_with_another_profile_is_brought_to_srgb():
    red = Image.new("RGB", (8, 8), (200, 30, 30))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = srgb.replace(b"rXYZ", b"----").replace(b"gXYZ", b"rXYZ").replace(b"----", b"gXYZ")  # red is called green
    assert photographs.upright_rgb(_encoded(red, "PNG"), "plain").getpixel((0, 0)) == (200, 30, 30)
    converted = photographs.upright_rgb(_encoded(red, "PNG", icc_profile=swapped), "swapped").getpixel((0, 0))
    assert np.allclose(converted, (30, 200, 30), atol=2)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"GIF89a", "no image that can be decoded"),
        (_encoded(Image.new("RGBA", (8, 8), (1, 2, 3, 254)), "PNG"), "has transparent parts"),
        (_encoded(_scene(3, 64, 64), "PNG")[:-1000], "no image that can be decoded"),
        (_encoded(_scene(3, 64, 64), "PNG", icc_profile=b"none"), "its colour profile cannot be used"),
    ],
)
def test_what_is_no_photograph_is_refused(data: bytes, message: str):
    with pytest.raises(InputError, match=f"one.png: {message}"):
        photographs.upright_rgb(data, "one.png")


def test_scenes_of_a_folder_are_left_out_of_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch):
    kept = read_table().photographs[1:]
    first = read_table().photographs[0]
    monkeypatch.setattr(photographs, "scenes_below", lambda folder: {f"{folder}/1.jpg": first.scene_hash})
    assert photographs.choose(exclude=[tmp_path]).photographs == kept
    assert f"{first.file} is left out: it shows the scene of {tmp_path}/1.jpg" in capsys.readouterr().out


def test_a_folder_that_is_missing_is_an_error_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    arguments = [str(tmp_path / "out"), "--exclude", str(tmp_path / "none")]
    assert run_main(lambda: photographs.main(arguments)) == exit_codes.BAD_INPUT
    assert capsys.readouterr().err.splitlines() == [f"ast-restore: {tmp_path}/none: no such folder of images"]


@needs_debian
def test_a_file_that_is_no_package_is_an_error_in_one_line(tmp_path: Path):
    (tmp_path / "photos_1_all.deb").write_bytes(b"nothing")
    with pytest.raises(InputError, match="no Debian package"):
        version_of(tmp_path / "photos_1_all.deb")
    with pytest.raises(InputError, match="no Debian package"):
        read_members(tmp_path / "photos_1_all.deb", {"a"})


@pytest.mark.skipif(shutil.which("apt-get") is None, reason="packages are fetched with apt-get")
def test_without_a_network_the_error_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nothing listens there
    assert run_main(lambda: photographs.main([str(tmp_path / "out")])) == exit_codes.BAD_INPUT
    (line,) = capsys.readouterr().err.splitlines()
    assert "is this machine online?" in line or "apt knows no archive of Debian's" in line
    assert not (tmp_path / "out").exists()


def test_without_apt_the_error_says_that_it_needs_debian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="there is no apt-get: photographs are fetched on Debian only"):
        DebianArchive(tmp_path / "apt", ["trixie"])
