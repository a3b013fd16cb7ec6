"""Cron expressions of five fields become Kubeflow's of six."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import InputError
from kubeflow.cron import kubeflow_cron


def _field(low, high):
    number = st.integers(low, high)
    span = st.tuples(number, number).map(lambda ends: f"{min(ends)}-{max(ends)}")
    step = st.integers(1, max(1, high - low)).map(lambda step: f"*/{step}")
    one = number.map(str) | span
    return st.just("*") | step | st.lists(one, min_size=1, max_size=3).map(",".join)


FIELDS = st.tuples(_field(0, 59), _field(0, 23), _field(1, 31), _field(1, 12), _field(0, 6))


@given(FIELDS, st.sampled_from([" ", "  ", "\t"]))
def test_seconds_come_first_and_the_rest_stays(fields, between):
    assert kubeflow_cron(between.join(fields)).split(" ") == ["0", *fields]


@given(st.lists(st.sampled_from(["0", "*", "1-5"]), max_size=8).filter(lambda fields: len(fields) != 5))
def test_any_other_number_of_fields_is_refused(fields):
    with pytest.raises(InputError, match=f"five fields.*not {len(fields)}"):
        kubeflow_cron(" ".join(fields))


@pytest.mark.parametrize(
    "expression", ["60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "a * * * *", "*/0 * * * *"]
)
def test_an_invalid_field_is_refused(expression):
    with pytest.raises(InputError, match="cron"):
        kubeflow_cron(expression)
