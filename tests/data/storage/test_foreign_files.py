"""Pipes, sockets, devices and folders in the place of files: each reader refuses them at once."""

import os
import socket
import threading
from pathlib import Path

import pytest

from components.pair_validator.limits import PairLimits
from components.pair_validator.measure_folder import measure_folder
from components.production import denials, registry
from data.errors import InputError
from data.image.codec.decoding import Limits
from data.image.codec.files import read_image
from data.layouts.candidates import find_candidates
from data.layouts.layout import same_name
from data.layouts.pair_list import read_pair_list
from data.layouts.pairing import find_pairs
from data.spans.manifest import read_manifest
from data.storage.foreign_files import open_file, read_file, read_stream
from model_code.saved_model.operations import require_harmless
from pipeline.config import load
from pipeline.restoring.sources import find_jobs
from tests.components.production.models import saved_model


@pytest.fixture
def pipe(tmp_path):
    """Makes a pipe without a writer in the place of a file."""

    def make(name):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        os.mkfifo(path)
        return path

    return make


def test_only_regular_files_are_opened(tmp_path, pipe):
    (tmp_path / "file").write_bytes(b"abc")
    (tmp_path / "link").symlink_to("file")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        for path in (pipe("pipe"), tmp_path / "s", "/dev/zero"):
            with pytest.raises(OSError, match="not a file|No such device"):
                open_file(path)
    with pytest.raises(IsADirectoryError):
        open_file(tmp_path)
    with open_file(tmp_path / "link") as file:
        assert file.read() == b"abc"
    assert read_file(tmp_path / "file", 3) == b"abc"
    with pytest.raises(OSError, match="larger than 2 bytes"):
        read_file(tmp_path / "file", 2)


def test_a_stream_may_be_a_pipe_and_has_an_end(pipe):
    path = pipe("configuration")
    writer = threading.Thread(target=path.write_bytes, args=(b"a: 1",))
    writer.start()
    assert read_stream(path, 10) == b"a: 1"
    writer.join()
    with pytest.raises(InputError, match="/dev/zero: larger than"):
        load(Path("/dev/zero"))


def test_an_image_that_is_a_pipe_is_named(tmp_path, pipe):
    path = pipe("input/1.png")
    with pytest.raises(InputError, match=r"1\.png: cannot be read \(a pipe"):
        read_image(path, "1.png", Limits())
    pipe("target/1.png")
    (measured,) = measure_folder(tmp_path, "set", find_candidates(tmp_path, same_name()), PairLimits())
    assert "a pipe" in measured.measurement.input_problem


def test_a_list_a_manifest_a_record_file_and_a_model_that_are_pipes_are_named(tmp_path, pipe):
    pipe("list.csv")
    with pytest.raises(InputError, match=r"list\.csv: the list of pairs cannot be read \(a pipe"):
        read_pair_list(tmp_path, "list.csv")
    pipe("span-1/manifest.json")
    with pytest.raises(InputError, match=r"manifest\.json: cannot be read"):
        read_manifest(tmp_path / "span-1")
    pipe("model/saved_model.pb")
    with pytest.raises(InputError, match=r"saved_model\.pb cannot be read"):
        require_harmless(tmp_path / "model")


def test_records_of_versions_that_are_pipes_hold_nobody_up(tmp_path, pipe):
    models = tmp_path / "models"
    registry.push(saved_model(tmp_path / "one", b"one"), models, "a run")
    number = registry.push(saved_model(tmp_path / "two", b"two"), models, "a run").number
    pipe(f"models/{number}/{registry.RECORD}")
    pipe(f"models/{denials.FILE_NAME}")
    assert [skipped.name for skipped in registry.skipped_in(models)] == [str(number)]
    assert registry.production(models).number != number
    assert registry.denied_in(models) == {}


def test_links_to_themselves_and_to_nothing_are_named_by_every_reader(tmp_path):
    for side in ("input", "target"):
        (tmp_path / side).mkdir()
        (tmp_path / side / "1.png").symlink_to("1.png")
        (tmp_path / side / "2.png").symlink_to("gone.png")
    for name in ("1.png", "2.png"):
        with pytest.raises(InputError, match=r"\.png: cannot be read"):
            read_image(tmp_path / "input" / name, name, Limits())
    assert len(find_pairs(tmp_path, same_name()).pairs) == 2
    measured = measure_folder(tmp_path, "set", find_candidates(tmp_path, same_name()), PairLimits())
    assert all("cannot be read" in each.measurement.input_problem for each in measured)
    jobs = find_jobs([str(tmp_path / "input")], tmp_path / "out")
    assert [job.result.name for job in jobs] == ["1.png", "2.png"]


def test_a_pipe_in_a_folder_or_by_name_is_not_passed_over(pipe, tmp_path):
    path = pipe("input/1.png")
    for source in (path, tmp_path / "input"):
        (job,) = find_jobs([str(source)], tmp_path / "out")
        assert job.source == path
