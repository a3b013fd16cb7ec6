"""The reviewed table of photographs for the starter weights: which file of which package, by whom, under which licence.

`photographs.csv` and `packages.csv` beside this module were read and looked at by a person: each licence is the one that the
package's own copyright file gives for that file, and each file is a photograph. Both the licence file and each photograph are
pinned by their SHA-256, so that what was not reviewed is never used.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal, TypeVar

from pydantic import StringConstraints, ValidationError

from data.errors import InputError
from data.strict_model import StrictModel

LICENCES: Mapping[str, str] = MappingProxyType(
    {
        "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
        "public-domain": "https://creativecommons.org/publicdomain/mark/1.0/",
        "CC-BY-1.0": "https://creativecommons.org/licenses/by/1.0/",
        "CC-BY-2.0": "https://creativecommons.org/licenses/by/2.0/",
        "CC-BY-3.0": "https://creativecommons.org/licenses/by/3.0/",
        "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    }
)
"""The licences that let weights be shipped which were trained on a work; no share-alike, non-commercial or no-derivatives."""

PHOTOGRAPHS, PACKAGES = (Path(__file__).with_name(f"{name}.csv") for name in ("photographs", "packages"))
"""The two files of the table."""

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class SourcePackage(StrictModel):
    """A Debian package that photographs are taken from.

    Attributes:
        name: Its name.
        suite: Code name of the Debian release that it is fetched from.
        version: The version that was reviewed; another one is used if licence file and photographs are unchanged.
        licence_file: Path in the package of the file that says who holds which rights.
        licence_sha256: SHA-256 of that file.
    """

    name: Text
    suite: Literal["bookworm", "trixie"]
    version: Text
    licence_file: Text
    licence_sha256: Sha256


class Photograph(StrictModel):
    """A photograph in a package.

    Attributes:
        file: Name that it is stored under.
        package: Name of its package.
        path: Path in the package.
        author: Who made it, as the package says.
        licence: SPDX identifier, or `public-domain`; one of `LICENCES`.
        sha256: SHA-256 of the file in the package.
        scene_hash: From `data.image.hashing.scene_hash`, of the upright photograph.
        is_hazy: Fog, mist or strong haze is part of the scene: no clean target for the removal of haze.
    """

    file: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*\.png$")]
    package: Text
    path: Text
    author: Text
    licence: Text
    sha256: Sha256
    scene_hash: Sha256
    is_hazy: bool


@dataclass(frozen=True, slots=True)
class PhotoTable:
    """The whole table.

    Attributes:
        packages: The packages by name.
        photographs: In the order of packages, then of files.
    """

    packages: Mapping[str, SourcePackage]
    photographs: tuple[Photograph, ...]

    def of(self, package: str) -> tuple[Photograph, ...]:
        """Returns the photographs of a package.

        Args:
            package: Its name.
        """
        return tuple(photograph for photograph in self.photographs if photograph.package == package)

    def without(self, packages: Iterable[str]) -> PhotoTable:
        """Returns the table without some packages and their photographs.

        Args:
            packages: Their names.

        Raises:
            InputError: The table has no such package.
        """
        left_out = set(packages)
        if unknown := left_out - set(self.packages):
            raise InputError(f"{', '.join(sorted(unknown))}: no such package; there are {', '.join(self.packages)}")
        return PhotoTable(
            {name: package for name, package in self.packages.items() if name not in left_out},
            tuple(photograph for photograph in self.photographs if photograph.package not in left_out),
        )


def read_table(photographs: Path = PHOTOGRAPHS, packages: Path = PACKAGES) -> PhotoTable:
    """Reads and checks the table.

    Args:
        photographs: CSV file with the fields of `Photograph`.
        packages: CSV file with the fields of `SourcePackage`.

    Raises:
        InputError: A row is malformed, has a licence that is not allowed, an unknown package, or what another row has.
    """
    known = {package.name: package for package in _read(packages, SourcePackage)}
    rows = _read(photographs, Photograph)
    for row in rows:
        if row.licence not in LICENCES:
            raise InputError(
                f"{photographs.name}: {row.file}: licence {row.licence} is not allowed; take only {', '.join(LICENCES)}"
            )
        if row.package not in known:
            raise InputError(f"{photographs.name}: {row.file}: package {row.package} is not in {packages.name}")
    for field in ("file", "sha256"):
        twice = [value for value, times in Counter(getattr(row, field) for row in rows).items() if times > 1]
        if twice:
            raise InputError(f"{photographs.name}: two rows have {field} {twice[0]}; keep one")
    return PhotoTable(known, tuple(row for package in known for row in rows if row.package == package))


def count_table(table: PhotoTable) -> str:
    """Returns a Markdown table of the number of photographs by package and licence.

    Args:
        table: The photographs.
    """
    counts = Counter((photograph.package, photograph.licence) for photograph in table.photographs)
    rows = [
        f"| `{package}` | {table.packages[package].suite} | {licence} | {count} |"
        for (package, licence), count in counts.items()
    ]
    header = "| package | Debian release | licence | photographs |\n|---|---|---|--:|"
    return "\n".join([header, *rows, f"| **all** | | | **{len(table.photographs)}** |"])


def attribution(table: PhotoTable) -> str:
    """Returns the list of authors and licences that has to go along with weights trained on the photographs, as Markdown.

    Args:
        table: The photographs that were used.
    """
    used = {photograph.licence for photograph in table.photographs}
    licences = [f"- {name}: <{url}>" for name, url in LICENCES.items() if name in used]
    parts = [
        "# Photographs behind the starter weights",
        "The weights for rain and for raindrops were trained on the photographs below, with rain or drops drawn on them, those "
        "for haze on the photographs among them that show no haze, with haze drawn on them. No photograph is part of the "
        "weights. Authors and licences are those that the packages' own copyright files give. No one named here endorses this "
        "project.",
        "## Licences",
        "\n".join(licences),
    ]
    for name, photographs in groupby(table.photographs, key=lambda photograph: photograph.package):
        package = table.packages[name]
        rows = [f"| `{row.path}` | {row.author} | {row.licence} |" for row in photographs]
        parts += [
            f"## {name}",
            f"Debian package {name} {package.version} ({package.suite}), by its `{package.licence_file}`.",
            "\n".join(["| file | author | licence |", "|---|---|---|", *rows]),
        ]
    return "\n\n".join(parts) + "\n"


Row = TypeVar("Row", bound=StrictModel)


def _read(path: Path, kind: type[Row]) -> Sequence[Row]:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = []
        for number, values in enumerate(csv.DictReader(stream, strict=True), start=2):
            try:
                rows.append(kind.model_validate(values))
            except ValidationError as error:
                first = error.errors()[0]
                where = ".".join(map(str, first["loc"])) or "row"
                raise InputError(f"{path.name}, line {number}: {where}: {first['msg']}") from None
    return rows
