"""A folder that holds what a cluster's object store would: files by address, and no folder without a file."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from kubeflow.task import local_path


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """The object store of a dry run.

    Attributes:
        folder: Where its files are kept.
    """

    folder: Path

    def path(self, address: str) -> Path:
        """Returns the path of an address, such as `minio://bucket/key`.

        Args:
            address: An address that a launcher can copy to and from.

        Raises:
            ValueError: The address has another scheme.
        """
        path = local_path(address)
        if path == address:
            raise ValueError(f"{address}: Kubeflow's launcher copies minio://, s3:// and gs:// alone")
        return self.folder / path.lstrip("/")

    def download(self, address: str, destination: Path) -> None:
        """Copies the files at or below an address; an address without files gives no folder either."""
        _copy_files(self.path(address), destination)

    def upload(self, source: Path, address: str) -> None:
        """Copies a file, or the files of a folder, to an address; a source that does not exist is left out."""
        _copy_files(source, self.path(address))


def _copy_files(source: Path, destination: Path) -> None:
    files = [source] if source.is_file() else [path for path in source.rglob("*") if path.is_file()]
    for file in files:
        copy = destination / file.relative_to(source) if file != source else destination
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
