"""What a shell makes of a variable that is not set, and numbers that are none, reach no command."""

import math
import os

import click
import pytest
from click.testing import CliRunner

from pipeline.commands.cli import cli
from pipeline.commands.parameter_types import FilePath, FiniteRange, WholeRange
from tests.pipeline.commands.test_cli import COMMANDS

PARAMETERS = [(path, option) for path, command in COMMANDS for option in command.params]
LOOSE = (click.Path, click.FloatRange, click.types.FloatParamType, click.IntRange)
"""Click's own types, which take an empty path, NaN and numbers of thirty digits."""


def _of_type(kind):
    return [
        pytest.param(option, id=" ".join((*path, option.opts[0])))
        for path, option in PARAMETERS
        if isinstance(option.type, kind)
    ]


def call(*arguments):
    return CliRunner().invoke(cli, arguments, catch_exceptions=False)


def test_no_option_has_a_type_that_takes_an_empty_path_nan_or_any_number():
    assert len(_of_type(FilePath)) > 30
    assert len(_of_type(FiniteRange)) > 8
    assert len(_of_type(WholeRange)) > 30
    assert [(*path, option.name) for path, option in PARAMETERS if type(option.type) in LOOSE] == []


@pytest.mark.parametrize("option", _of_type(FilePath))
def test_an_empty_path_is_refused(option):
    with pytest.raises(click.BadParameter, match="is empty, as from a variable that is not set"):
        option.type.convert("", option, None)


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1e400"])
@pytest.mark.parametrize("option", _of_type(FiniteRange))
def test_a_number_is_finite(option, number):
    with pytest.raises(click.BadParameter):
        option.type.convert(number, option, None)
    assert math.isfinite(option.type.convert("1", option, None))


@pytest.mark.parametrize("option", _of_type(WholeRange))
def test_a_whole_number_has_a_bound(option):
    assert option.type.convert("64", option, None) == 64
    with pytest.raises(click.BadParameter, match="is more than|is not in the range"):
        option.type.convert("9" * 30, option, None)


@pytest.mark.parametrize(
    "arguments",
    [
        ("restore", "", "--output", "x"),
        ("restore", "x.png", "--output", ""),
        ("serve", "--host", ""),  # the socket would listen at every address
        ("serve", "--allowed-host", ""),
        ("kubeflow", "submit", "--host", ""),
        ("kubeflow", "submit", "--host", "http://h", "--namespace", ""),
        ("kubeflow", "compile", "--image", " ", "--pipeline-root", "s3://b"),
        ("models", "list", "--workspace", ""),
        ("clean", "--workspace", "", "--yes"),
    ],
)
def test_an_empty_text_is_refused_with_its_option(arguments):
    done = call(*arguments)
    assert done.exit_code == 2
    assert "is empty, as from a variable that is not set" in done.output


def test_a_text_in_another_encoding_is_refused_and_a_path_is_not(tmp_path):
    done = call("kubeflow", "compile", "--image", "caf\udce9", "--pipeline-root", "s3://b")
    assert (done.exit_code, "it is not UTF-8" in done.output) == (2, True)
    name = os.fsdecode(b"caf\xe9")
    assert FilePath().convert(str(tmp_path / name), None, None) == tmp_path / name


@pytest.mark.parametrize("command", [("du",), ("report", "--list"), ("models", "list"), ("clean", "--yes")])
def test_a_tilde_is_a_home_directory_and_an_unknown_one_a_line(command, monkeypatch, tmp_path):
    done = call(*command, "--workspace=~nobodyhere/w")
    assert (done.exit_code, "there is no such home directory" in done.output) == (2, True)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert FilePath().convert("~/w", None, None) == tmp_path / "w"
    assert FilePath().convert("./~", None, None).name == "~"


@pytest.mark.parametrize(
    "arguments",
    [
        ("models", "list", "--models"),
        ("models", "rollback", "--models"),
        ("serve", "--models"),
        ("restore", "x.png", "--output"),
    ],
)
def test_a_file_is_no_folder(arguments, tmp_path):
    file = tmp_path / "file"
    file.touch()
    done = call(*arguments, str(file))
    assert (done.exit_code, "is a file" in done.output) == (2, True)
