"""What is restored, in what order, and where it goes."""

from pathlib import Path

import pytest

from data.errors import InputError
from pipeline.restoring.sources import RestoreJob, find_jobs, unsupported_files
from tests.data.drawing import picture, write


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name in ("frames/f-010.png", "frames/f-002.png", "frames/deep/f-1.jpg", "other/f-1.jpg", "one.png"):
        write(tmp_path / name, picture(1, 8, 8))
    (tmp_path / "frames" / "notes.txt").write_text("no picture")
    (tmp_path / "frames" / "scan.tif").write_text("another kind")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _places(*sources, output="out"):
    return [str(job.result) for job in find_jobs(sources, Path(output))]


@pytest.mark.usefixtures("folder")
def test_folders_are_sorted_and_keep_what_is_below():
    assert _places("frames") == ["deep/f-1.jpg", "f-002.png", "f-010.png"]
    assert _places("one.png", "frames") == ["one.png", "deep/f-1.jpg", "f-002.png", "f-010.png"]


@pytest.mark.usefixtures("folder")
def test_globs_keep_what_varies():
    assert _places("frames/*.png") == ["f-002.png", "f-010.png"]
    assert _places("*/f-1.jpg") == ["other/f-1.jpg"]
    assert _places("**/f-1.jpg") == ["frames/deep/f-1.jpg", "other/f-1.jpg"]
    assert _places("fra*") == ["frames/deep/f-1.jpg", "frames/f-002.png", "frames/f-010.png"]
    with pytest.raises(InputError, match="no PNG or JPEG matches"):
        find_jobs(["frames/*.txt"], Path("out"))


@pytest.mark.usefixtures("folder")
def test_a_name_with_brackets_is_a_name_where_it_is_one():
    write(Path("a[1].png"), picture(1, 8, 8))
    assert _places("a[1].png") == ["a[1].png"]


@pytest.mark.usefixtures("folder")
def test_the_output_folder_is_no_source():
    write(Path("frames/out/f-002.png"), picture(1, 8, 8))
    assert _places("frames", output="frames/out") == ["deep/f-1.jpg", "f-002.png", "f-010.png"]


@pytest.mark.usefixtures("folder")
def test_standard_input_and_output():
    assert find_jobs(["-"], None) == [RestoreJob(None, Path("stdin"))]
    assert find_jobs(["one.png"], None)[0].source == Path("one.png")
    with pytest.raises(InputError, match="takes one image, these are 3"):
        find_jobs(["frames"], None)


@pytest.mark.usefixtures("folder")
def test_nothing_is_written_over():
    with pytest.raises(InputError, match="over the result"):
        find_jobs(["frames/deep/f-1.jpg", "other/f-1.jpg"], Path("out"))
    with pytest.raises(InputError, match="would write over it"):
        find_jobs(["one.png"], Path())


@pytest.mark.usefixtures("folder")
def test_what_is_not_there_is_named():
    with pytest.raises(InputError, match="absent: no such file"):
        find_jobs(["absent"], Path("out"))
    Path("empty").mkdir()
    with pytest.raises(InputError, match="empty: no PNG or JPEG"):
        find_jobs(["empty"], Path("out"))


@pytest.mark.usefixtures("folder")
def test_other_kinds_of_pictures_are_not_left_out_in_silence():
    assert unsupported_files(["frames", "-", "one.png"]) == [Path("frames/scan.tif")]
