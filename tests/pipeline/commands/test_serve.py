"""Options of `ast-restore serve`."""

import click
import pytest

from data.errors import InputError
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


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--shadow-share", "10%"], "--shadow-share: there is no shadow"),
        (["--shadow", "newest"], "give the number of a version, or candidate"),
        (["--shadow", "5", "--model", "m"], "leave out --model"),
        (["--canary", "10%", "--model", "m"], "leave out --model"),
        (["--canary", "10%", "--shadow", "5"], "give one of them"),
        (["--canary", "60%"], "at most 50%"),
        (["--canary-promote", "100"], "--canary-promote: there is no canary"),
        (["--canary-max-odd", "0.1"], "--canary-max-odd: there is no canary"),
        (["--bound", "edges=0.5:"], "--bound: there is no canary"),
        (["--canary", "10%", "--canary-promote", "5"], "a canary is judged after 20 images"),
    ],
)
def test_options_that_make_no_sense_together_are_refused_in_a_line(arguments, problem):
    with pytest.raises(InputError, match=problem):
        serve.main([*arguments, "--port", "0"], standalone_mode=False)


@pytest.mark.parametrize("share", ["0%", "101%", "1.5", "x", "nan", "-1", ""])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(click.BadParameter, match="is not a share"):
        serve.make_context("serve", ["--canary", share])


def test_a_share_is_a_percentage_or_a_number():
    shares = [serve.make_context("serve", ["--canary", text]).params["canary"] for text in ("10%", "0.1")]
    assert shares == [0.1, 0.1]
