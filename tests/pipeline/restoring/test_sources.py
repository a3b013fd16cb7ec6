"""The images to restore, their order, and the paths of their results."""

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
def test_folders_are_sorted_and_results_keep_their_paths():
    assert _places("frames") == ["deep/f-1.jpg", "f-002.png", "f-010.png"]
    assert _places("one.png", "frames") == ["one.png", "deep/f-1.jpg", "f-002.png", "f-010.png"]


@pytest.mark.usefixtures("folder")
def test_results_of_a_glob_keep_the_varying_part_of_the_path():
    assert _places("frames/*.png") == ["f-002.png", "f-010.png"]
    assert _places("*/f-1.jpg") == ["other/f-1.jpg"]
    assert _places("**/f-1.jpg") == ["frames/deep/f-1.jpg", "other/f-1.jpg"]
    assert _places("fra*") == ["frames/deep/f-1.jpg", "frames/f-002.png", "frames/f-010.png"]
    with pytest.raises(InputError, match="no PNG or JPEG matches"):
        find_jobs(["frames/*.txt"], Path("out"))


@pytest.mark.usefixtures("folder")
def test_a_file_name_with_brackets_is_not_a_glob():
    write(Path("a[1].png"), picture(1, 8, 8))
    assert _places("a[1].png") == ["a[1].png"]


@pytest.mark.usefixtures("folder")
def test_the_output_folder_is_not_searched():
    write(Path("frames/out/f-002.png"), picture(1, 8, 8))
    assert _places("frames", output="frames/out") == ["deep/f-1.jpg", "f-002.png", "f-010.png"]


@pytest.mark.usefixtures("folder")
def test_standard_input_and_output():
    assert find_jobs(["-"], None) == [RestoreJob(None, Path("stdin"))]
    assert find_jobs(["one.png"], None)[0].source == Path("one.png")
    with pytest.raises(InputError, match="takes one image, these are 3"):
        find_jobs(["frames"], None)


@pytest.mark.usefixtures("folder")
def test_overwriting_is_refused():
    with pytest.raises(InputError, match="over the result"):
        find_jobs(["frames/deep/f-1.jpg", "other/f-1.jpg"], Path("out"))
    with pytest.raises(InputError, match="would write over it"):
        find_jobs(["one.png"], Path())


@pytest.mark.usefixtures("folder")
def test_missing_sources_are_reported():
    with pytest.raises(InputError, match="absent: no such file"):
        find_jobs(["absent"], Path("out"))
    Path("empty").mkdir()
    with pytest.raises(InputError, match="empty: no PNG or JPEG"):
        find_jobs(["empty"], Path("out"))


@pytest.mark.usefixtures("folder")
def test_unsupported_formats_are_reported():
    assert unsupported_files(["frames", "-", "one.png"]) == [Path("frames/scan.tif")]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("pattern", ["fra*/../one.png", "fra*/deep/../../one.png"])
def test_no_pattern_leads_out_of_the_output_folder(pattern):
    with pytest.raises(InputError, match=r"a \.\. behind a wildcard would lead out of --output"):
        find_jobs([pattern], Path("out"))


@pytest.mark.usefixtures("folder")
def test_a_pattern_may_begin_above():
    assert _places("frames/../other/*.jpg") == ["f-1.jpg"]
