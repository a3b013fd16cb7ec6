import numpy as np

from pipeline.local.memory import MemorySampler


def test_peak_of_a_component_holds_what_it_held_at_once_and_not_what_came_before():
    sampler = MemorySampler()
    sampler.begin("small")
    sampler.end("small")
    sampler.begin("large")
    held = np.ones(128 * 2**20, np.uint8)
    sampler.sample()
    del held
    sampler.end("large")
    small, large = sampler.components["small"], sampler.components["large"]
    assert large.peak - large.before > 100 * 2**20
    assert small.peak - small.before < 100 * 2**20


def test_nothing_is_counted_between_components():
    sampler = MemorySampler()
    sampler.begin("one")
    sampler.end("one")
    before = sampler.components["one"].peak
    held = np.ones(64 * 2**20, np.uint8)
    sampler.sample()
    assert sampler.components["one"].peak == before
    assert held.size


def test_a_thread_looks_while_the_context_lasts_and_not_after():
    sampler = MemorySampler()
    looked = []
    sampler.sample = lambda: looked.append(len(looked))
    with sampler.running():
        while not looked:
            pass
    seen = len(looked)
    assert seen > 0
    assert len(looked) == seen
