"""Names and lists as cameras, phones, spreadsheets and network disks write them."""

import io
import unicodedata
from pathlib import Path

import pytest
from PIL import Image

from data.errors import InputError
from data.image.codec.decoding import Limits, decode, open_header
from data.image.codec.files import read_image
from data.layouts.layout import pair_list, same_name, same_number
from data.layouts.listing import list_images
from data.layouts.pairing import find_pairs
from data.severity import severity_of
from pipeline.restoring.sources import find_jobs
from tests.data.drawing import encoded, picture, write


def touch(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return root


SYSTEM_FILES = ("._1.png", ".DS_Store", ".hidden/1.png", "@eaDir/1.png/SYNOPHOTO_THUMB_M.jpg", "__MACOSX/1.png")


def test_files_of_systems_are_passed_over_by_every_reader(tmp_path):
    touch(tmp_path, "1.png", *SYSTEM_FILES)

    assert list_images(tmp_path, ".") == (["1.png"], [])
    assert [job.result.as_posix() for job in find_jobs([str(tmp_path)], tmp_path / "out")] == ["1.png"]


@pytest.mark.parametrize("blank", ["\u202f", "\u00a0", "\u3000", " "], ids=ascii)
def test_blanks_of_any_kind_may_stand_in_names(tmp_path, blank):
    touch(tmp_path, f"input/Screenshot 9.41.00{blank}AM.png", f"target/Screenshot 9.41.00{blank}AM.png")

    (pair,) = find_pairs(tmp_path, same_name()).pairs
    assert blank in pair.input


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[31m", "a\u202eb", "a\x7f"], ids=ascii)
def test_what_a_terminal_would_obey_is_refused(tmp_path, name):
    touch(tmp_path, f"input/{name}.png", f"target/{name}.png")

    with pytest.raises(InputError, match="control characters; rename the file") as refused:
        find_pairs(tmp_path, same_name())
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("forms", [("NFC", "NFD"), ("NFD", "NFC"), ("NFD", "NFD")])
def test_accents_match_composed_or_decomposed(tmp_path, forms):
    names = [unicodedata.normalize(form, "région.png") for form in forms]
    touch(tmp_path, f"input/{names[0]}", f"target/{names[1]}")

    (pair,) = find_pairs(tmp_path, same_name()).pairs
    assert (pair.input, pair.target) == (f"input/{names[0]}", f"target/{names[1]}")
    (tmp_path / "pairs.csv").write_text(
        unicodedata.normalize("NFC", "input,target\ninput/région.png,target/région.png\n")
    )
    (listed,) = find_pairs(tmp_path, pair_list("pairs.csv")).pairs
    assert (listed.input, listed.target) == (pair.input, pair.target)


def test_padded_numbers_match_where_that_is_asked_for(tmp_path):
    touch(tmp_path, *(f"input/{n}.png" for n in (1, 2, 10)), *(f"target/{n:04d}.png" for n in (1, 2, 10)))

    found = find_pairs(tmp_path, same_number()).pairs
    assert [(pair.input, pair.target) for pair in found] == [
        (f"input/{n}.png", f"target/{n:04d}.png") for n in (1, 10, 2)
    ]
    with pytest.raises(InputError, match="3 inputs, 3 targets"):
        find_pairs(tmp_path, same_name())


def test_two_targets_of_one_number_are_named(tmp_path):
    touch(tmp_path, "input/1.png", "target/01.png", "target/001.png")

    with pytest.raises(InputError, match=r"target/001\.png, target/01\.png"):
        find_pairs(tmp_path, same_number())


@pytest.mark.parametrize("suffix", [".jfif", ".jpe", ".JPG"])
def test_other_endings_of_jpeg_are_read(tmp_path, suffix):
    write(tmp_path / f"input/1{suffix}", picture(1))
    write(tmp_path / f"target/1{suffix}", picture(2))

    assert len(find_pairs(tmp_path, same_name()).pairs) == 1


@pytest.mark.parametrize("suffix", [".heif", ".jxl", ".tga", ".pgm", ".dng", ".HEIC"])
def test_pictures_that_cannot_be_read_are_named(tmp_path, suffix):
    touch(tmp_path, "input/1.png", "target/1.png", f"input/2{suffix}")

    with pytest.raises(InputError, match=rf"2\{suffix}: only PNG and JPEG are read"):
        find_pairs(tmp_path, same_name())


def test_a_camera_s_jpeg_of_several_pictures_is_the_first_of_them(tmp_path):
    buffer = io.BytesIO()
    first, preview = Image.fromarray(picture(1)), Image.fromarray(picture(2))
    first.save(buffer, "MPO", save_all=True, append_images=[preview], quality=95)
    data = buffer.getvalue()
    (tmp_path / "phone.jpg").write_bytes(data)

    assert open_header(data).format == "JPEG"
    stored = read_image(tmp_path / "phone.jpg", "phone.jpg", Limits())
    assert stored.data == data
    expected = decode(encoded(picture(1), "JPEG", quality=95), "first", Limits())[0]
    assert (stored.pixels == expected).all()


LISTS = {
    "semicolons": b"input;target;severity\r\na.png;b.png;Heavy\r\n",
    "backslashes": b"input,target,severity\nsub\\a.png,sub\\b.png,strong\n",
    "utf-16": "input\ttarget\tseverity\na.png\tb.png\tHEAVY\n".encode("utf-16"),
    "blanks": b" input , target , severity \n a.png , b.png , heavy \n",
}


@pytest.mark.parametrize("content", LISTS.values(), ids=LISTS)
def test_lists_from_spreadsheets_are_read(tmp_path, content):
    folder = "sub/" if b"sub" in content else ""
    touch(tmp_path, f"{folder}a.png", f"{folder}b.png")
    (tmp_path / "list.csv").write_bytes(content)

    (pair,) = find_pairs(tmp_path, pair_list("list.csv")).pairs
    assert (pair.input, pair.target, pair.severity) == (f"{folder}a.png", f"{folder}b.png", "heavy")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"input,clean\na.png,b.png\n", "must call its columns input and target"),
        (b"rainy;gt\na.png;b.png\n", "must call its columns input and target"),
        (b"input,target,severity\na.png,b.png,3\n", r"list\.csv:2: severity '3': write one of light, medium, heavy"),
        (b"input,target\n\xff.png,b.png\n", "save the list of pairs as UTF-8"),
        (b"input,target\na.png,b.png\na\0.png,b.png\n", r"list\.csv:3: has a character that is not shown: a\\x00\.png"),
        (b"a.png,\x1b[31mb.png\n", r"list\.csv:1: has a character that is not shown"),
        pytest.param(
            b"input,target\na.png," + b"x" * 140_000 + b"\n", r"csv:2: not a line of a list of pairs", id="long"
        ),
    ],
)
def test_a_list_that_cannot_be_meant_names_the_remedy(tmp_path, content, message):
    touch(tmp_path, "a.png", "b.png")
    (tmp_path / "list.csv").write_bytes(content)

    with pytest.raises(InputError, match=message):
        find_pairs(tmp_path, pair_list("list.csv"))


@pytest.mark.parametrize(("word", "severity"), [("Heavy", "heavy"), (" moderate ", "medium"), ("", "unknown")])
def test_words_for_severities(word, severity):
    assert severity_of(word) == severity


def test_a_number_is_no_severity():
    with pytest.raises(ValueError, match="light, medium, heavy or unknown"):
        severity_of("3")
