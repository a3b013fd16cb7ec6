from __future__ import annotations

from data.synthesis.random_streams import derived_seed, generator


def test_chance_is_the_same_on_every_machine():
    assert generator(1, 2).random(2).tolist() == [0.44841514333227195, 0.4308819875443376]
    assert derived_seed(1, 2) == 830043460
