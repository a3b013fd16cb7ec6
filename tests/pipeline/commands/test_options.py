"""Options under their old names."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from data.errors import InputError
from data.renamed import RenamedWarning
from pipeline.commands.options import ModelOrStarter, renamed_option, with_options
from pipeline.commands.restore import restore
from pipeline.commands.serve import serve
from pipeline.restoring.model import STARTER_MODEL
from tests.model_code.weights.starter.small_starter import use_starters


@click.command()
@with_options(
    click.option("--read-timeout", type=float, default=20.0, help="Seconds."),
    renamed_option("--body-timeout", "--read-timeout"),
    click.option("--name", "names", multiple=True, help="Names."),
    renamed_option("--called", "--name", multiple=True),
    click.option("--quick", is_flag=True, help="Be quick."),
    renamed_option("--fast", "--quick", is_flag=True),
    click.option("--side", type=click.Choice(["left", "right"]), required=True, help="Side."),
    renamed_option("--half", "--side"),
    renamed_option("--order", "--side", values={"input-first": "left", "target-first": "right"}),
)
def command(read_timeout, names, quick, side):
    click.echo(repr((read_timeout, names, quick, side)))


def call(*arguments):
    return CliRunner().invoke(command, arguments, catch_exceptions=False)


@pytest.mark.parametrize(
    ("arguments", "values", "message"),
    [
        (("--body-timeout", "5"), (5.0, (), False, "left"), "--body-timeout is now --read-timeout"),
        (("--body-timeout=5",), (5.0, (), False, "left"), "--body-timeout is now --read-timeout"),
        (("--called", "a", "--called", "b"), (20.0, ("a", "b"), False, "left"), "--called is now --name"),
        (("--fast",), (20.0, (), True, "left"), "--fast is now --quick"),
    ],
)
def test_an_old_spelling_sets_the_new_option_and_says_so(arguments, values, message):
    with pytest.warns(RenamedWarning, match=message):
        assert call("--side", "left", *arguments).output == f"{values!r}\n"


def test_an_old_spelling_satisfies_a_required_option():
    with pytest.warns(RenamedWarning):
        assert "'right'" in call("--half", "right").output


@pytest.mark.parametrize("arguments", [("--half", "top"), ("--side", "left", "--body-timeout", "soon")])
def test_an_old_spelling_is_checked_like_the_new_one(arguments):
    with pytest.warns(RenamedWarning):
        assert call(*arguments).exit_code == 2


def test_old_values_become_new_ones():
    with pytest.warns(RenamedWarning, match="--order target-first is now --side right"):
        assert "'right'" in call("--order", "target-first").output
    assert "'sideways' is not one of input-first, target-first" in call("--order", "sideways").output


def test_an_old_flag_stands_for_a_value():
    arguments = ["a.png", "--output", "out", "--half-precision"]
    with pytest.warns(RenamedWarning, match="--half-precision is now --precision half"):
        assert restore.make_context("restore", arguments).params["precision"] == "half"


def test_both_spellings_together_are_an_error():
    done = call("--side", "left", "--read-timeout", "1", "--body-timeout", "2")
    assert done.exit_code == 2
    assert "give one of them" in done.output


def test_the_new_spelling_alone_says_nothing_and_the_help_hides_the_old_one(recwarn):
    assert call("--side", "left", "--read-timeout", "1").output == "(1.0, (), False, 'left')\n"
    assert "--body-timeout" not in call("--help").output
    assert not recwarn.list


@pytest.mark.parametrize(("command", "arguments"), [(serve, []), (restore, ["a.png", "--output", "out"])])
def test_a_workspace_stands_for_the_models_in_it(command, arguments, tmp_path):
    context = command.make_context("command", [*arguments, "--workspace", str(tmp_path)])
    assert context.params["models"] == tmp_path / "models"
    assert "workspace" not in context.params
    with pytest.raises(click.UsageError, match="--workspace stands for --models too"):
        command.make_context("command", [*arguments, "--workspace", str(tmp_path), "--models", "there"])


def test_the_word_starter_is_the_weights_and_a_path_of_that_name_a_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    kind = ModelOrStarter()
    (tmp_path / "starter").write_text("no folder")
    assert kind("starter") == STARTER_MODEL
    assert capsys.readouterr().err == ""
    (tmp_path / "starter").unlink()
    (tmp_path / "starter").mkdir()
    assert kind("starter") == STARTER_MODEL
    assert "the folder of that name here is --model ./starter" in capsys.readouterr().err
    for path in ("./starter", "starter/", str(tmp_path / "starter")):
        assert kind(path) == tmp_path / "starter"
    assert kind("other/starter") == Path("other/starter")
    assert capsys.readouterr().err == ""


def test_the_word_for_each_starter_is_its_weights_and_an_unknown_one_is_reported(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "starters").mkdir()
    use_starters(tmp_path / "starters", monkeypatch)
    kind = ModelOrStarter()
    (tmp_path / "starter:haze").mkdir()
    for path in ("./starter:haze", "starter:haze/", str(tmp_path / "starter:haze")):
        assert kind(path) == tmp_path / "starter:haze"
    assert capsys.readouterr().err == ""
    assert kind("starter:haze") == Path("starter:haze")
    assert "(micro8, drawn haze, " in capsys.readouterr().err
    assert kind("starter:rain") == Path("starter:rain")
    with pytest.raises(
        InputError, match=r"^starter:snow: there is no such starter; there are starter, starter:haze; a folder "
    ):
        kind("starter:snow")
