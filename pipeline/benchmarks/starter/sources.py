"""The list of sources beside the photographs: where each comes from, and whether haze is part of its scene."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from data.errors import InputError
from pipeline.benchmarks.starter.photo_table import PhotoTable

SOURCES = "SOURCES.csv"
"""File beside the photographs."""

_FLAGS = {"True": True, "False": False}


def sources_csv(table: PhotoTable, versions: Mapping[str, str], sizes: Mapping[str, tuple[int, int]]) -> str:
    """Returns the list of sources: one row a photograph.

    Args:
        table: The photographs.
        versions: Version of each package as fetched.
        sizes: (height, width) by file.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(("file", "height", "width", "package", "version", "path", "author", "licence", "is_hazy", "sha256"))
    for row in table.photographs:
        writer.writerow(
            (row.file, *sizes[row.file], row.package, versions[row.package], row.path, row.author, row.licence,
             row.is_hazy, row.sha256)
        )  # fmt: skip
    return stream.getvalue()


def hazy_files(photos: Path) -> dict[str, bool]:
    """Reads which photographs of a folder show haze.

    Args:
        photos: Folder of photographs with a list of sources.

    Returns:
        Whether haze is part of the scene, by file.

    Raises:
        InputError: There is no list, or it does not say it of every photograph that it lists.
    """
    path = photos / SOURCES
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream, strict=True))
        return {row["file"]: _FLAGS[row["is_hazy"]] for row in rows}
    except FileNotFoundError:
        raise InputError(
            f"{path}: no such file; write one with the columns file and is_hazy (True or False), since a photograph of haze is "
            "no clean target for it"
        ) from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read ({error}); fetch the photographs anew") from error
    except KeyError as error:
        raise InputError(
            f"{path}: {error} where file and is_hazy (True or False) should be; give these two columns in every row"
        ) from None
