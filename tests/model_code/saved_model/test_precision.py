"""Which precision a trial chooses, and that it is computed."""

import numpy as np
import pytest

from model_code import processor
from model_code.saved_model import precision
from model_code.saved_model.export import save_restorer
from model_code.saved_model.precision import LEAST_AGREEMENT, PrecisionTrial, may_gain, try_both
from pipeline.serving.model.saved_model_session import SavedModelSession
from tests.model_code import drawn_pairs

IMAGES = np.random.default_rng(3).random((1, 64, 72, 3), np.float32)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    network = drawn_pairs.small_network(seed=1)
    folder = tmp_path_factory.mktemp("precision") / "model"
    save_restorer(lambda images: network(images, training=False), folder, network.variables)
    return folder


def test_a_session_computes_in_its_own_precision(model):
    exact, halved = (SavedModelSession(model, is_half=each).restore(IMAGES) for each in (False, True))
    again = SavedModelSession(model).restore(IMAGES)
    np.testing.assert_array_equal(exact, again)
    assert 0 < np.abs(exact - halved).max() < 0.02


@pytest.mark.parametrize(
    ("gain", "agreement", "is_half"),
    [(1.3, 58.0, True), (1.02, 58.0, False), (0.5, 58.0, False), (1.3, 50.0, False), (1.3, float("inf"), True)],
)
def test_half_precision_has_to_be_faster_and_near(gain, agreement, is_half):
    trial = PrecisionTrial(gain, agreement)
    assert trial.is_half is is_half
    assert str(trial).startswith("half precision: " if is_half else "float32: ")


def test_the_least_agreement_costs_the_named_change_at_a_good_psnr():
    error = 10 ** (-precision._GOOD_PSNR / 10)
    rounding = 10 ** (-LEAST_AGREEMENT / 10)
    assert 10 * np.log10((error + rounding) / error) == pytest.approx(precision.MAX_CHANGE)


def test_a_trial_measures_rate_and_agreement():
    calls = []

    def slow(images):
        calls.append("slow")
        for _ in range(30):
            np.sort(images, axis=None)
        return images

    def quick(images):
        calls.append("quick")
        return images + np.float32(1e-3)

    trial = try_both(slow, quick)
    assert trial.agreement == pytest.approx(60.0, abs=0.01)
    assert trial.gain > 1
    assert calls[2:] == ["slow", "quick"] * (len(calls) // 2 - 1)  # in turns


def test_a_machine_without_instructions_needs_no_trial(monkeypatch, tmp_path):
    plain = tmp_path / "cpuinfo"
    plain.write_text("flags : fpu avx2 avx512f\n")
    monkeypatch.setattr(precision, "cpu_flags", lambda: processor.cpu_flags(plain))
    assert not may_gain()
    plain.write_text("flags : fpu avx512_bf16\n")
    assert may_gain()
