"""Fetches files of Debian packages by the packages' names, with apt-get and dpkg-deb, from a named release.

The release need not be the machine's own: apt-get gets a configuration of its own in a temporary folder, with the archive that
the machine's configuration names. Nothing is installed, and the machine's own lists of packages stay as they are.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from data.errors import InputError

_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
_PROGRAMS = ("apt-get", "dpkg-deb")
_SECONDS = 600

_SOURCES = """Types: deb
URIs: {archive}
Suites: {suites}
Components: main
Signed-By: {keyring}
"""

_CONFIGURATION = """Dir::State "{folder}/state";
Dir::State::status "/dev/null";
Dir::Cache "{folder}/cache";
Dir::Etc::SourceList "{folder}/debian.sources";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Acquire::Languages "none";
Acquire::Retries "1";
APT::Sandbox::User "";
"""


class DebianArchive:
    """Debian's archive as this machine reaches it, with the package lists of some releases."""

    def __init__(self, folder: Path, suites: Iterable[str]) -> None:
        """Fetches the package lists.

        Args:
            folder: An empty folder for lists and packages; the caller removes it.
            suites: Code names of the releases.

        Raises:
            InputError: This is no Debian, or the archive cannot be reached.
        """
        if missing := [program for program in _PROGRAMS if shutil.which(program) is None]:
            raise InputError(f"there is no {missing[0]}: photographs are fetched on Debian only")
        self._folder = folder
        for name in ("state/lists/partial", "cache/archives/partial", "packages"):
            (folder / name).mkdir(parents=True)
        sources = _SOURCES.format(archive=_archive(), suites=" ".join(sorted(set(suites))), keyring=_KEYRING)
        (folder / "debian.sources").write_text(sources, encoding="utf-8")
        (folder / "apt.conf").write_text(_CONFIGURATION.format(folder=folder), encoding="utf-8")
        # Without the option, a list that cannot be fetched is a warning only.
        self._call("the lists of packages", "update", "-o", "APT::Update::Error-Mode=any")

    def download(self, name: str, suite: str) -> Path:
        """Fetches a package.

        Args:
            name: Its name.
            suite: Code name of the release.

        Returns:
            The package file.

        Raises:
            InputError: There is no such package, or the archive cannot be reached.
        """
        self._call(f"{name} of {suite}", "download", f"{name}/{suite}")
        return next((self._folder / "packages").glob(f"{name}_*.deb"))

    def _call(self, what: str, *arguments: str) -> None:
        environment = {"APT_CONFIG": str(self._folder / "apt.conf")}
        run(["apt-get", "-q", *arguments], f"could not fetch {what}", self._folder / "packages", environment)


def version_of(package: Path) -> str:
    """Returns the version of a package file.

    Args:
        package: The file.

    Raises:
        InputError: It is no package.
    """
    return run(["dpkg-deb", "--field", str(package), "Version"], f"{package.name} is no Debian package").strip()


def read_members(package: Path, paths: Collection[str]) -> dict[str, bytes]:
    """Reads files of a package without unpacking it.

    Args:
        package: The package file.
        paths: Paths in it, without a leading slash.

    Returns:
        Content by path, of those that are there.

    Raises:
        InputError: It is no package.
    """
    content: dict[str, bytes] = {}
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as process:
        try:
            with tarfile.open(fileobj=process.stdout, mode="r|") as archive:
                for member in archive:
                    path = member.name.removeprefix("./")
                    if path in paths and (stream := archive.extractfile(member)):
                        content[path] = stream.read()
        except tarfile.TarError as error:
            raise InputError(f"{package.name} is no Debian package: {error}") from None
    return content


def run(
    command: Sequence[str], failure: str, folder: Path | None = None, environment: Mapping[str, str] | None = None
) -> str:
    """Runs a program.

    Args:
        command: Program and arguments.
        failure: What to say if it fails.
        folder: Folder to run in.
        environment: Variables beside the process's own.

    Returns:
        What it printed.

    Raises:
        InputError: It failed or took ten minutes; the message ends with the first error that it printed.
    """
    variables = {**os.environ, "LC_ALL": "C", **(environment or {})}
    try:
        process = subprocess.run(
            command, cwd=folder, env=variables, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise InputError(f"{failure}: {command[0]} took more than {_SECONDS} s; try again") from None
    if process.returncode != 0:
        lines = [line for line in process.stderr.splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith(("E:", "Err"))] or lines or ["no message"]
        raise InputError(f"{failure}; is this machine online? {command[0]} says: {errors[0]}")
    return process.stdout


def _archive() -> str:
    """Returns the address of Debian's archive that the machine's own configuration names."""
    targets = run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Origin: Debian", "Created-By: Packages"],
        "cannot read apt's configuration",
    )
    archives = [line for line in targets.splitlines() if "security" not in line]
    if not archives:
        raise InputError("apt knows no archive of Debian's: run apt-get update, on a Debian machine")
    return archives[0]
