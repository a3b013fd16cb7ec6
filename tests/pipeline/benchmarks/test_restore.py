"""The benchmark of the options, on drawn pairs."""

import pytest

from data.errors import InputError
from pipeline.benchmarks.restore import (
    COLOUR_RADII,
    ENSEMBLES,
    GUIDED_RADII,
    HALF_PRECISION,
    PLAIN,
    benchmark,
    option_table,
)
from tests.data.drawing import picture, write


def test_every_option_is_measured(tmp_path, models):
    for number in range(3):
        write(tmp_path / "input" / f"{number}.png", picture(number) // 2 + 60)
        write(tmp_path / "target" / f"{number}.png", picture(number))
    model = models / "identity"
    found = benchmark(model, tmp_path, limit=2)
    assert len(found) == 2 + len(ENSEMBLES) + len(GUIDED_RADII) + len(COLOUR_RADII)
    plain, seconds = found[PLAIN]
    assert plain.psnr_after == plain.psnr_before
    assert seconds > 0
    # Doing nothing has no product to halve.
    assert found[HALF_PRECISION][0] == plain
    assert len(option_table(found).splitlines()) == 3 + len(found)
    with pytest.raises(InputError, match="give a folder that has input/ and target/"):
        benchmark(model, tmp_path / "input")
