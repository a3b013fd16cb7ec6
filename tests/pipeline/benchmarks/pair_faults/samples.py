"""Samples of one pair each, made without a picture."""

from components.pair_validator.judging.measurement_store import MeasuredRecord
from components.pair_validator.measuring.pair_measurement import PairMeasurement
from pipeline.benchmarks.pair_faults.run import Sample


def sample(kind, strength, shift, pairs="set"):
    """Returns a sample of one pair, an input that lies some pixels below its target."""
    measurement = PairMeasurement(
        "pair",
        "ok",
        "ok",
        input_height=240,
        input_width=320,
        target_height=240,
        target_width=320,
        input_mean=100.0,
        target_mean=100.0,
        input_range=200,
        input_psnr=25.0,
        input_ssim=0.8,
        lowpass_correlation=0.99,
        shift_y=shift,
        shift_x=0.0,
        zoom=1.0,
        rotation=0.0,
        match_snr=90.0,
        identity_snr=90.0 if shift == 0 else 40.0,
        fit_error=0.01,
        blocks=12,
        blocks_agreeing=1.0,
        orientation="upright",
        orientation_snr=80.0,
        upright_snr=80.0,
        own_structure=0.5,
        veiling=0.0,
        streaks=0.3,
        bright_tail=0.2,
        softness=0.0,
        coupling=0.2,
        fine_contrast=0.1,
        input_flat_energy=20.0,
        target_flat_energy=10.0,
        change_typical=10.0,
        change_strong=20.0,
        mean_change=3.0,
    )
    return Sample(pairs, kind, strength, (MeasuredRecord("", "", "unknown", "a.png", "b.png", measurement),), ())
