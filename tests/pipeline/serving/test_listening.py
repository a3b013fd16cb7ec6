"""The server's socket."""

import pytest

from data.errors import InputError
from pipeline.serving.listening import listen


@pytest.mark.parametrize("host", ["a" * 70, "..", "nowhere.invalid", "192.0.2.1"])
def test_a_host_at_which_nothing_can_listen_is_one_line(host):
    with pytest.raises(InputError, match="choose another") as caught:
        listen(host, 0)
    assert "\n" not in str(caught.value)
