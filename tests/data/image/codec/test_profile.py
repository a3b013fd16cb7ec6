"""The colour space that an ICC profile gives a file's numbers, and pairs of two of them."""

import io

import numpy as np
import pytest
from PIL import Image

from components.pair_validator.judging.reasons import OTHER_PROFILE
from components.pair_validator.measuring.measure import measure
from data.errors import InputError
from data.image.codec.profile import SRGB, colour_space
from tests.data.converting import run
from tests.data.image.codec.profiles import display_p3, srgb

_PIXELS = np.random.default_rng(0).integers(0, 256, (96, 112, 3), np.uint8)


def _file(profile=None, kind="PNG", pixels=_PIXELS):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, icc_profile=profile)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize(
    ("profile", "space"),
    [(None, SRGB), (srgb(), SRGB), (display_p3(), "Display P3"), (b"no profile", SRGB), (display_p3()[:200], SRGB)],
)
def test_a_profile_counts_by_its_colours(profile, space, kind):
    with Image.open(io.BytesIO(_file(profile, kind))) as image:
        assert colour_space(image) == space


def _write(folder, degraded, target):
    for side, data in (("input", degraded), ("target", target)):
        (folder / side).mkdir(parents=True)
        (folder / side / "1.png").write_bytes(data)


@pytest.mark.parametrize("profiles", [(display_p3(), None), (srgb(), display_p3())])
def test_two_profiles_in_a_pair_are_refused_by_name(tmp_path, profiles):
    degraded, target = map(_file, profiles)
    _write(tmp_path / "set", degraded, target)
    with pytest.raises(InputError, match=r"^input/1\.png: its colours are those of .*Display P3.*; convert one"):
        run(tmp_path / "set", tmp_path / "records")
    measured = measure("1", degraded, target)
    assert measured.input_status == OTHER_PROFILE
    assert "Display P3" in measured.input_problem
    assert measured.target_status == "ok"


@pytest.mark.parametrize("profiles", [(display_p3(), display_p3()), (srgb(), None)])
def test_profiles_of_the_same_colours_pass(tmp_path, profiles):
    inverse = 255 - _PIXELS
    degraded, target = _file(profiles[0]), _file(profiles[1], pixels=inverse)
    _write(tmp_path / "set", degraded, target)
    _, records = run(tmp_path / "set", tmp_path / "records")
    ((record,),) = records.values()
    assert (record.input_image, record.target_image) == (degraded, target)
    assert measure("1", degraded, target).input_status == "ok"


def test_a_file_that_is_stored_anew_keeps_its_profile(tmp_path):
    """Else the pair would differ in the records: Display P3 in 16 bits on one side, in 8 on the other."""
    palette = io.BytesIO()
    Image.fromarray(_PIXELS).quantize().save(palette, "PNG", icc_profile=display_p3())
    _write(tmp_path / "set", palette.getvalue(), _file(display_p3()))
    _, records = run(tmp_path / "set", tmp_path / "records")
    ((record,),) = records.values()
    assert measure("1", record.input_image, record.target_image).input_status == "ok"
    with Image.open(io.BytesIO(record.input_image)) as image:
        assert (image.mode, colour_space(image)) == ("RGB", "Display P3")
