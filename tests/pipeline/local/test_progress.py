"""The lines of a run on the screen, and its log, by TFX's own runner."""

import io
import logging
import re

import pytest
from rich.console import Console
from tfx import v1 as tfx

from components.tfx_internals import launcher
from pipeline.local.progress import component_lines


@tfx.dsl.components.component
def Speaker(words: tfx.dsl.components.Parameter[str]):  # noqa: N802 - a component is named like a class
    logging.getLogger("absl").info("the component says %s", words)
    logging.getLogger("tensorflow").info("TensorFlow says %s", words)
    logging.getLogger("absl").setLevel(logging.ERROR)  # as writing a SavedModel does
    if words == "fail":
        raise ValueError("as it was asked to")


def run(tmp_path, *words, enable_cache=False):
    console = Console(file=io.StringIO(), width=100)
    speakers = [Speaker(words=word).with_id(f"Speaker.{number}") for number, word in enumerate(words)]
    for before, after in zip(speakers, speakers[1:], strict=False):
        after.add_upstream_node(before)
    pipeline = tfx.dsl.Pipeline(
        pipeline_name="test",
        pipeline_root=str(tmp_path / "root"),
        components=speakers,
        enable_cache=enable_cache,
        metadata_connection_config=tfx.orchestration.metadata.sqlite_metadata_connection_config(
            str(tmp_path / "metadata.sqlite")
        ),
    )
    try:
        with component_lines(console, len(speakers), tmp_path / "log.txt") as memory:
            tfx.orchestration.LocalDagRunner().run(pipeline)
    except Exception as error:
        return console.file.getvalue(), memory, error
    return console.file.getvalue(), memory, None


def test_each_component_has_a_line_and_a_time(tmp_path):
    screen, memory, error = run(tmp_path, "hello", "goodbye")
    assert error is None
    assert re.fullmatch(r"\[ 1/2\] Speaker\.0 \.\.\.\n +\d+\.\d s\n\[ 2/2\] Speaker\.1 \.\.\.\n +\d+\.\d s\n", screen)
    assert list(memory.components) == ["Speaker.0", "Speaker.1"]
    assert all(use.peak >= use.before > 0 for use in memory.components.values())


def test_a_component_whose_result_is_taken_from_an_earlier_run_is_reused(tmp_path):
    run(tmp_path, "hello", enable_cache=True)
    screen, _, _ = run(tmp_path, "hello", "goodbye", enable_cache=True)
    assert re.fullmatch(r"\[ 1/2\] Speaker\.0 \.\.\.\n +reused\n\[ 2/2\] Speaker\.1 \.\.\.\n +\d+\.\d s\n", screen)


def test_a_component_that_fails_has_a_line_without_a_time_and_ends_the_run(tmp_path):
    screen, memory, error = run(tmp_path, "fail", "goodbye")
    assert "as it was asked to" in str(error)
    assert screen == "[ 1/2] Speaker.0 ...\n"
    assert list(memory.components) == ["Speaker.0"]


def test_the_log_has_the_records_of_every_component_also_after_one_has_raised_the_level(tmp_path):
    run(tmp_path, "hello", "goodbye")
    log = (tmp_path / "log.txt").read_text()
    assert "the component says hello" in log
    assert "the component says goodbye" in log
    assert log.count("is finished.") == 2
    assert log.count("TensorFlow says hello") == 1


@pytest.mark.parametrize("word", ["hello", "fail"])
def test_launcher_and_loggers_are_as_before_when_the_run_has_ended(tmp_path, word):
    loggers = [logging.getLogger(name) for name in ("", "absl", "tensorflow")]
    before = [(logger.handlers[:], logger.level) for logger in loggers]
    original = launcher.Launcher
    run(tmp_path, word)
    assert launcher.Launcher is original
    assert [(logger.handlers, logger.level) for logger in loggers] == before
