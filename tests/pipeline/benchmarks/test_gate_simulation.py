"""The gate's error rates, on fewer trials than `python -m pipeline.benchmarks.gate_simulation` takes."""

import pytest

from components.gate.settings import GateSettings
from pipeline.benchmarks.gate_simulation import CASES, simulate

# At the noise that was measured, the rates are so far from their bounds that 60 trials settle it; fewer resamples are quicker
# and hardly less exact.
SETTINGS = GateSettings(resamples=1000)
TRIALS = 60


@pytest.mark.parametrize("case", [case for case in CASES if case.wanted], ids=lambda case: case.name)
def test_error_rates_meet_their_bounds(case):
    result = simulate(case, 0.30, TRIALS, 100, SETTINGS)
    assert result.is_met, result


def test_a_gate_that_compares_means_misses_the_bounds():
    """The simulation can tell: judged by so little confidence, a model worse by 0.05 dB is pushed now and then."""
    careless = GateSettings(resamples=1000, confidence=0.51, tolerance_psnr=0.1)
    assert not simulate(CASES[0], 0.60, TRIALS, 100, careless).is_met
