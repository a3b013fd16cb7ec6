"""Data that no model could pass the gate with is refused before anything is trained on it."""

import io
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from data.errors import InputError
from data.spans.manifest import read_manifests
from pipeline.commands.data.convert import convert
from pipeline.config import load
from pipeline.local.first_checks import records_directory
from pipeline.local.records_source import drawn_meanwhile, prepare_records
from pipeline.local.run_setup import locked_workspace
from tests.data.drawing import picture, write, write_pairs


@pytest.fixture
def records(tmp_path):
    """Six scenes, of which one is for evaluation."""
    write_pairs(tmp_path / "set", 6)
    done = CliRunner().invoke(
        convert, [str(tmp_path / "set"), str(tmp_path / "records"), "--layout", "same-name"], catch_exceptions=False
    )
    assert "1 scene for evaluation; the gate needs 3" in done.output
    return tmp_path / "records"


def test_too_few_scenes_for_the_gate_end_a_run_at_once(records, tmp_path):
    config = load(None, (f"data.records={records}", f"workspace={tmp_path / 'work'}"))

    with pytest.raises(InputError, match=r"1 scene for evaluation, and the gate needs 3 .*--shares"):
        prepare_records(config, Console(quiet=True))


def test_a_gate_that_asks_for_no_more_lets_them_pass(records):
    prepare_records(load(None, (f"data.records={records}", "gate.min_scenes=1")), Console(quiet=True))


def test_a_deleted_record_file_ends_a_run_at_once(records):
    next(records.glob("span-1/train-*.tfrecord")).unlink()

    with pytest.raises(InputError, match="train-00000-of-00001.tfrecord: is missing"):
        prepare_records(load(None, (f"data.records={records}", "gate.min_scenes=1")), Console(quiet=True))


@pytest.fixture
def without_records(tmp_path):
    """A configuration that draws eight small pairs on four photographs."""
    for number in range(4):
        write(tmp_path / "photos" / f"{number}.png", picture(number, 130, 130))
    (tmp_path / "work").mkdir()
    return load(None, (
        f"workspace={tmp_path / 'work'}",
        f"data.synthesis={{photos: {tmp_path / 'photos'}, severities: [light, heavy], crops_per_photo: 1, "
        "height: 64, width: 64}",
    ))  # fmt: skip


def _files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.suffix == ".tfrecord"}


def test_records_are_drawn_while_the_caller_does_something_else_and_once(without_records):
    folder = records_directory(without_records)
    with drawn_meanwhile(without_records, Console(quiet=True)):
        pass
    first = _files(folder)
    assert first
    console = Console(quiet=False, file=io.StringIO())
    with drawn_meanwhile(without_records, console):
        pass
    assert console.file.getvalue() == ""
    assert _files(folder) == first
    assert [path.name for path in folder.glob("span-*")] == ["span-1"]


def test_tensorflow_is_loaded_by_one_thread_while_the_other_draws(tmp_path):
    code = f"""
import sys, threading
from rich.console import Console
from pipeline.config import load
from pipeline.local import records_source

seen = ["tensorflow" in sys.modules]

def draw(settings, destination):
    seen.append("tensorflow" in sys.modules)
    seen.append(hasattr(sys.modules["tensorflow"], "train"))
    import tensorflow
    seen.append(hasattr(tensorflow, "train"))

records_source.draw_records = draw
with records_source.drawn_meanwhile(load(None, ("workspace={tmp_path}",)), Console(quiet=True)):
    pass
print(seen)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    # Not before it is drawn, then begun by the caller, not yet whole, and whole for a thread that asks for it.
    assert done.stdout.split("\n")[-2] == "[False, True, False, True]"


def test_photographs_at_fault_end_the_run_before_the_pipeline(without_records, tmp_path):
    for photo in (tmp_path / "photos").iterdir():
        photo.write_bytes(b"no image")
    with pytest.raises(InputError, match="0.png"), drawn_meanwhile(without_records, Console(quiet=True)):
        pass


def test_nothing_is_drawn_in_a_workspace_that_another_run_uses(without_records):
    with (
        locked_workspace(without_records.workspace),
        pytest.raises(InputError, match="another run is using this workspace"),
        drawn_meanwhile(without_records, Console(quiet=True)),
    ):
        pass
    assert not _files(records_directory(without_records))


def test_the_configuration_says_what_is_drawn(without_records):
    synthesis = without_records.data.synthesis.model_copy(update={"degradation": "haze"})
    hazy = without_records.model_copy(update={"data": without_records.data.model_copy(update={"synthesis": synthesis})})
    console = Console(file=io.StringIO())
    with drawn_meanwhile(hazy, console):
        pass
    assert "drawing haze on photographs" in console.file.getvalue()
    assert records_directory(hazy) != records_directory(without_records)
    assert read_manifests(records_directory(hazy))[0].source == "synthetic-haze"


@pytest.mark.parametrize("name", ["haze", "raindrop"])
def test_a_configuration_for_another_degradation_draws_it(name):
    assert load(Path(name)).data.synthesis.degradation == name
