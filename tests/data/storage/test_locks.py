"""Locks and flushes on file systems that lack them."""

import errno
import fcntl
import os
import subprocess
import sys

import pytest

from data.errors import InputError
from data.storage.files import flush_to_disk, whole_folder, write_whole
from data.storage.locks import exclusive


def test_a_second_holder_is_told_who_has_it(tmp_path):
    with (
        exclusive(tmp_path / "sub" / ".lock"),
        pytest.raises(InputError, match="busy there"),
        exclusive(tmp_path / "sub" / ".lock", lambda: "busy there"),
    ):
        pass
    with exclusive(tmp_path / "sub" / ".lock", "busy"):
        pass


def test_a_killed_process_leaves_no_lock(tmp_path):
    code = (
        "import os, signal, sys; from pathlib import Path; from data.storage.locks import exclusive\n"
        "with exclusive(Path(sys.argv[1])): os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(tmp_path / ".lock")], check=False)

    assert killed.returncode == -9
    with exclusive(tmp_path / ".lock"):
        pass


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_named_in_one_line(tmp_path, monkeypatch, code):
    def refuse(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with (
        pytest.raises(
            InputError, match="cannot be written or locked .*; use a folder on a disk of this machine"
        ) as refused,
        exclusive(tmp_path / ".lock"),
    ):
        pass
    assert "\n" not in str(refused.value)


def test_a_file_in_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(InputError, match="file: cannot be written or locked"), exclusive(tmp_path / "file" / ".lock"):
        pass


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOTSUP])
def test_a_file_system_that_flushes_no_folders_is_written_all_the_same(tmp_path, monkeypatch, code):
    flush = os.fsync

    def refuse_folders(descriptor):
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):
            raise OSError(code, os.strerror(code))
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", refuse_folders)
    write_whole(tmp_path / "file", "text")
    with whole_folder(tmp_path / "folder", should_flush=True) as partial:
        (partial / "file").write_text("text")
    assert (tmp_path / "folder" / "file").read_text() == "text"


def test_a_file_that_cannot_be_flushed_is_an_error(tmp_path, monkeypatch):
    def refuse(_):
        raise OSError(errno.EINVAL, "Invalid argument")

    (tmp_path / "file").write_text("text")
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="Invalid"):
        flush_to_disk(tmp_path / "file")
