"""Which windows hold pairs that were there at the last acceptance."""

import pytest

from components.pair_validator.drift.new_pairs import has_older_pairs
from components.span_window.properties import TRAIN_IDS_PREFIX
from tests.components.pair_validator.windows import window_json


@pytest.mark.parametrize(("accepted", "older"), [(0, False), (1, True), (3, True)])
def test_a_window_has_older_pairs_where_one_of_its_spans_was_there_at_the_last_acceptance(tmp_path, accepted, older):
    assert not has_older_pairs(
        tmp_path, window_json(1, 2, 3), accepted
    )  # a single span of train pairs: nothing was written
    (tmp_path / f"{TRAIN_IDS_PREFIX}-00000-of-00001").touch()
    assert has_older_pairs(tmp_path, window_json(1, 2, 3), accepted) == older
