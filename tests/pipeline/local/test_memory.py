import numpy as np
import pytest

from pipeline.local.memory import MemorySampler


def test_the_peak_of_a_component_counts_its_own_memory_and_not_that_of_the_one_before():
    sampler = MemorySampler()
    with sampler.measuring("small"):
        pass
    with sampler.measuring("large"):
        block = np.ones(128 * 2**20, np.uint8)
        sampler.sample()
        del block
    small, large = sampler.components["small"], sampler.components["large"]
    assert large.peak - large.before > 100 * 2**20
    assert small.peak - small.before < 100 * 2**20


def test_nothing_is_counted_between_components():
    sampler = MemorySampler()
    with sampler.measuring("one"):
        pass
    before = sampler.components["one"].peak
    block = np.ones(64 * 2**20, np.uint8)
    sampler.sample()
    assert sampler.components["one"].peak == before
    assert block.size


def test_a_component_that_fails_is_measured_to_its_end():
    sampler = MemorySampler()
    blocks = []

    def fail():
        with sampler.measuring("failing"):
            blocks.append(np.ones(64 * 2**20, np.uint8))
            raise RuntimeError

    pytest.raises(RuntimeError, fail)
    use = sampler.components["failing"]
    assert use.peak - use.before > 50 * 2**20


def test_a_thread_samples_while_the_context_lasts_and_not_after():
    sampler = MemorySampler()
    samples = []
    sampler.sample = lambda: samples.append(len(samples))
    with sampler.running():
        while not samples:
            pass
    count = len(samples)
    assert count > 0
    assert len(samples) == count
