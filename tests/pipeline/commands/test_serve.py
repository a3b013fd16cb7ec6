"""Options of `ast-restore serve`."""

import pytest

from data.renamed import RenamedWarning
from pipeline.commands.serve import serve


def test_the_old_name_of_the_read_timeout_works_with_a_warning():
    with pytest.warns(RenamedWarning, match="--body-timeout is now --read-timeout"):
        context = serve.make_context("serve", ["--body-timeout", "5"])
    assert context.params["read_timeout"] == 5.0


def test_the_help_names_the_read_timeout_only():
    text = serve.get_help(serve.make_context("serve", []))
    assert "--read-timeout" in text
    assert "--body-timeout" not in text
