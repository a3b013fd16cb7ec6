"""What a served version computes in."""

import numpy as np
import pytest

from model_code.saved_model.precision import PrecisionTrial
from pipeline.serving.model import served_model
from tests.pipeline.serving import servers


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return servers.halving(tmp_path_factory.mktemp("model") / "1")


@pytest.mark.parametrize(
    ("has_instructions", "gain", "tried", "line"),
    [
        (True, 1.4, [False, True], "version 7 computes in half precision: half is 1.40 times as fast here"),
        (True, 0.9, [False, True], "version 7 computes in float32: half is 0.90 times as fast here"),
        (False, 0.0, [False], "version 7 computes in float32: this machine has no instructions"),
    ],
)
def test_auto_says_what_a_version_computes_in(has_instructions, gain, tried, line, model, monkeypatch, caplog):
    made = []

    class Session(served_model.SavedModelSession):
        def __init__(self, folder, is_trusted=False, is_half=False):
            made.append(is_half)
            super().__init__(folder, is_trusted, is_half)
            self.is_half = is_half

    monkeypatch.setattr(served_model, "SavedModelSession", Session)
    monkeypatch.setattr(served_model, "may_gain", lambda: has_instructions)
    monkeypatch.setattr(served_model, "try_both", lambda *_: PrecisionTrial(gain, 60.0))
    with caplog.at_level("INFO"):
        loaded = served_model.load(model, 7, memory=64, precision="auto")
    assert made == tried
    assert loaded._session.is_half is (gain > 1)
    assert line in caplog.text
    image = servers.image((16, 20))
    np.testing.assert_array_equal(loaded.restore_together([image])[0], servers.halved(image))
