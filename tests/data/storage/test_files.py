from __future__ import annotations

import pytest

from data.storage.files import remove_partial_folders, remove_whole_folder, whole_file, whole_folder, write_whole


def test_a_file_is_replaced_only_when_its_block_ends_well(tmp_path):
    file = tmp_path / "new" / "file.txt"
    write_whole(file, "old")
    with pytest.raises(IsADirectoryError), whole_file(file) as partial:
        tmp_path.write_text(f"a folder takes no text, unlike {partial}")
    assert file.read_text() == "old"
    with whole_file(file) as partial:
        partial.write_text("whole")
        assert file.read_text() == "old"
    assert file.read_text() == "whole"
    assert [path.name for path in file.parent.iterdir()] == ["file.txt"]


@pytest.mark.parametrize("should_flush", [False, True])
def test_a_folder_is_replaced_only_when_its_block_ends_well(tmp_path, should_flush):
    folder = tmp_path / "new" / "folder"
    with whole_folder(folder, should_flush=should_flush) as partial:
        (partial / "part").mkdir()
        (partial / "part" / "a").write_text("old")
    with pytest.raises(IsADirectoryError), whole_folder(folder) as partial:
        partial.write_text("a folder takes no text")
    assert (folder / "part" / "a").read_text() == "old"
    with whole_folder(folder, should_flush=should_flush) as partial:
        (partial / "b").write_text("whole")
        assert not (folder / "b").exists()
    assert [path.name for path in folder.iterdir()] == ["b"]
    assert [path.name for path in folder.parent.iterdir()] == ["folder"]


def test_leftovers_of_a_killed_writer_are_cleared_and_are_not_part_of_the_next_folder(tmp_path):
    (tmp_path / ".partial-one").mkdir()
    (tmp_path / ".partial-one" / "half").touch()
    (tmp_path / ".partial-two").mkdir()
    with whole_folder(tmp_path / "one") as partial:
        (partial / "a").touch()
    remove_partial_folders(tmp_path)
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")) == ["one", "one/a"]


def test_a_folder_is_removed(tmp_path):
    (tmp_path / "folder" / "part").mkdir(parents=True)
    remove_whole_folder(tmp_path / "folder")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a" * 251 + ".png", "\u96e8" * 83 + ".png", "x" * 240])
def test_a_name_may_be_as_long_as_the_disk_takes(tmp_path, name):
    write_whole(tmp_path / name, "whole")
    assert [path.name for path in tmp_path.iterdir()] == [name]
    with pytest.raises(OSError, match="too long"):
        write_whole(tmp_path / ("a" * 256), "whole")
    assert [path.name for path in tmp_path.iterdir()] == [name]
