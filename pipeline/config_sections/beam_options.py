"""Checks the `beam:` section, the options of every Beam component, before anything runs.

Beam ignores an unknown option with one warning among hundreds of lines, so a misspelt number of workers would go unnoticed.
This module therefore parses the options with Beam's own parsers, and checks the options that each runner requires.
"""

from __future__ import annotations

import argparse
import difflib
import re
import shutil
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, cast

from data.errors import InputError
from data.plain_text import one_line

IN_MEMORY = ("--runner=DirectRunner", "--direct_running_mode=in_memory")
_PACKAGES = {"--setup_file", "--requirements_file", "--extra_package", "--extra_packages", "--sdk_container_image"}
_NO_PACKAGES = "--sdk_container_image=the-environment-that-runs-already"
_PICKLER = "--pickle_library"
_FAST_PICKLER = f"{_PICKLER}=cloudpickle"
_ENVIRONMENTS = ("LOOPBACK", "EXTERNAL", "DOCKER")
_LOOPBACK = "--environment_type=LOOPBACK"
_OWN_ENVIRONMENTS = (_LOOPBACK, "--environment_type=EXTERNAL")
_JOB_SERVER_TIMEOUT = "--job_server_timeout"
JOB_SERVER_TIMEOUT_SECONDS = 24 * 60 * 60
"""The time that a job may take on Beam's own job service, which applies this option to the whole job; Beam's default is 60 s on
TFX 1.16 and 300 s on 1.21."""
JOB_SERVICE_WAIT_SECONDS = 60
"""The time that a run waits for the job service to accept connections."""
_ENVIRONMENT_CACHE = "--environment_cache_millis"
ENVIRONMENT_CACHE_SECONDS = 60
"""The time that Flink and Spark keep a worker for the next stage of its job; Beam's default of 0 starts one for each stage."""
_JOB_SERVER_JARS = ("--flink_job_server_jar", "--spark_job_server_jar")
_USER = re.compile(r"(?<=//)[^/]*@")
_MAX_PORT = 65_535
_ADDRESSES = {"--job_endpoint": "job service", "--flink_master": "Flink", "--spark_master_url": "Spark"}
"""The options that name an address from which jobs are submitted, and what listens there."""


@dataclass(frozen=True, slots=True)
class RunnerOptions:
    """The options that a Beam runner requires.

    Attributes:
        required: Names of the options.
        meaning: What the options are, for the error message.
    """

    required: tuple[str, ...] = ()
    meaning: str = ""


_JAVA_RUNNERS = ("FlinkRunner", "SparkRunner")
PORTABLE_RUNNERS = ("PortableRunner", *_JAVA_RUNNERS)
"""The runners that submit a job to a job service."""

RUNNERS = {
    "DirectRunner": RunnerOptions(),
    "PortableRunner": RunnerOptions(
        ("job_endpoint", "environment_type"), "the job service's HOST:PORT, and how it starts workers"
    ),
    "FlinkRunner": RunnerOptions(
        ("flink_master", "environment_type"), "Flink's HOST:PORT or [local], and how it starts workers"
    ),
    "SparkRunner": RunnerOptions(("spark_master_url", "environment_type"), "Spark's URL, and how it starts workers"),
    "DataflowRunner": RunnerOptions(
        ("project", "region", "temp_location"), "the Google Cloud project, its region, and a gs:// folder"
    ),
}
"""The runners whose options are checked. Dataflow's have never run a job."""


class _RaisingParser(argparse.ArgumentParser):
    """A parser that raises an error instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        raise ValueError(message)


def check_options(arguments: Sequence[str]) -> list[str]:
    """Checks Beam's options.

    Args:
        arguments: Options as in the configuration, such as `--runner=DirectRunner`.

    Returns:
        The options with absolute paths.

    Raises:
        ValueError: An option is unknown, invalid or missing; the message is one line.
    """
    if tuple(arguments) == IN_MEMORY:  # the default needs no check, and loading Beam takes two seconds
        return list(arguments)
    options, unknown = _parser().parse_known_args(list(arguments))
    if unknown:
        raise ValueError(f"Beam has no option {unknown[0]}{_suggestion(unknown[0])}")
    if alone := [argument for argument in arguments if not argument.startswith("-")]:
        # The parser takes it for the option before it; what reads single options later does not.
        raise ValueError(f"{alone[0]} stands alone; join it to its option with =, as in --runner=FlinkRunner")
    runner = options.runner or "DirectRunner"
    if runner not in RUNNERS:
        raise ValueError(f"--runner={runner}: expected one of {', '.join(RUNNERS)}")
    for problem in _problems(options, runner, _names(arguments)):
        raise ValueError(f"--runner={runner} {problem}")
    return [_absolute(argument) for argument in arguments]


def for_tfx(arguments: Sequence[str]) -> list[str]:
    """Returns the options for TFX's Beam components.

    - TFX packs its whole installation for workers that may lack it, which takes two seconds to half a minute per component,
      unless the options say where workers get it. Workers of the DirectRunner are this process or its children, and workers
      with LOOPBACK or EXTERNAL have this package already. The name of an image, which these never read, keeps TFX from packing.
    - The pickler that the Beam of TFX 1.16 uses by default takes a third of a small component's time. cloudpickle, the
      default of later versions, is faster. Other runners keep their default, because their workers may be older.
    - A job on a job service may last longer than Beam waits by default.
    - Flink and Spark start workers, which import TensorFlow, for each stage of a job, unless they are to keep them a while.
      Those of LOOPBACK are this process, and one that is kept complains when the job server ends.

    Args:
        arguments: The options that `check_options` returned.
    """
    names = _names(arguments)
    runner = _runner(arguments)
    own_workers = runner == "DirectRunner" or any(option in arguments for option in _OWN_ENVIRONMENTS)
    added = []
    if own_workers and not names & _PACKAGES:
        added.append(_NO_PACKAGES)
    if runner == "DirectRunner" and _PICKLER not in names:
        added.append(_FAST_PICKLER)
    if runner in PORTABLE_RUNNERS and not names & {_JOB_SERVER_TIMEOUT, _JOB_SERVER_TIMEOUT.replace("_", "-")}:
        added.append(f"{_JOB_SERVER_TIMEOUT}={JOB_SERVER_TIMEOUT_SECONDS}")
    if runner in PORTABLE_RUNNERS and _LOOPBACK not in arguments and _ENVIRONMENT_CACHE not in names:
        added.append(f"{_ENVIRONMENT_CACHE}={ENVIRONMENT_CACHE_SECONDS * 1000}")
    return [*arguments, *added]


def require_services(arguments: Sequence[str], seconds: float = JOB_SERVICE_WAIT_SECONDS) -> None:
    """Checks that the job service, Flink or Spark accepts connections, before Beam waits for it without a word.

    Args:
        arguments: The options that `check_options` returned; without an address there is nothing to check.
        seconds: The time to wait for a service that is starting.

    Raises:
        InputError: Nothing listens at an address, or there is no Java to start Beam's job server with.
    """
    given = {name: value for name, _, value in map(_split, arguments)}
    for name, service in _ADDRESSES.items():
        _require_service(name, given.get(name, ""), service, seconds)
    launcher = given.get("--job_server_java_launcher", "java")
    if _runner(arguments) in _JAVA_RUNNERS and "--job_endpoint" not in given and shutil.which(launcher) is None:
        raise InputError(
            f"beam: --runner={_runner(arguments)} starts Beam's job server with {launcher}, which is not installed; install "
            "Java, or start a job server elsewhere and name it by --job_endpoint"
        )


def _require_service(option: str, value: str, service: str, seconds: float) -> None:
    """Waits until one of an option's addresses answers: of Spark's masters, all but one are there to step in."""
    shown = f"beam: {option}={_USER.sub('...@', value)}"
    addresses = _addresses(value, shown)
    deadline = time.monotonic() + seconds
    while addresses and all(problems := [_problem_at(address, max(1.0, seconds)) for address in addresses]):
        if time.monotonic() >= deadline:
            raise InputError(f"{shown}: no {service} answers there ({problems[0]}); start it, or correct the address")
        time.sleep(min(1.0, seconds))


def _addresses(value: str, shown: str) -> list[tuple[str, int]]:
    """Returns the hosts and ports of an address; none where it has no port, such as [local] or yarn.

    Raises:
        InputError: No host can have that name, or no service that port.
    """
    addresses = []
    for address in value.rpartition("://")[2].partition("/")[0].rpartition("@")[2].split(","):
        host, _, port = address.rpartition(":")
        if not (host and port.isascii() and port.isdecimal()):
            continue
        try:
            host.encode("idna")
        except UnicodeError:
            raise InputError(
                f"{shown}: {one_line(host, 80)} cannot be the name of a host; correct the address"
            ) from None
        if not 0 < int(port[:10]) <= _MAX_PORT:
            raise InputError(f"{shown}: ports are 1 to {_MAX_PORT}; correct the address")
        addresses.append((host.strip("[]"), int(port)))
    return addresses


def _problem_at(address: tuple[str, int], timeout: float) -> str:
    """Returns why nothing answers at an address; empty where something does."""
    try:
        socket.create_connection(address, timeout).close()
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _names(arguments: Sequence[str]) -> set[str]:
    return {name for name, _, _ in map(_split, arguments)}


def _split(argument: str) -> tuple[str, str, str]:
    return argument.partition("=")


def _runner(arguments: Sequence[str]) -> str:
    return next((value for name, _, value in map(_split, arguments) if name == "--runner"), "DirectRunner")


def workers_share_the_machine(arguments: Sequence[str]) -> bool:
    """Returns whether all workers are processes of this machine, and see its files.

    Args:
        arguments: The options that `check_options` returned.
    """
    if tuple(arguments) == IN_MEMORY:
        return True
    options, _ = _parser().parse_known_args(list(arguments))
    return (options.runner or "DirectRunner") == "DirectRunner" or options.environment_type == "LOOPBACK"


def _parser() -> argparse.ArgumentParser:
    """Returns a parser of every option that Beam knows."""
    # Beam offers no list of its options; its own parser is built from these classes too.
    from apache_beam.options.pipeline_options import PipelineOptions

    parser: Any = _RaisingParser(allow_abbrev=False, add_help=False)
    seen: set[type] = set()
    for options in PipelineOptions.__subclasses__():
        if options not in seen and "_add_argparse_args" in vars(options):
            seen.add(options)
            options._add_argparse_args(parser)
    return cast("argparse.ArgumentParser", parser)


def _problems(options: argparse.Namespace, runner: str, given: set[str]) -> Iterator[str]:
    expected = RUNNERS[runner]
    for name in expected.required:
        # Beam's default for an engine's address is an engine of its own, inside the job server.
        if f"--{name}" not in given or not getattr(options, name):
            yield f"needs --{name}: {expected.meaning}"
    if "environment_type" in expected.required:
        yield from _environment_problems(options)
    if options.direct_num_workers < 0:
        yield f"has --direct_num_workers={options.direct_num_workers}: give 0 for one per core, or a number of workers"
    if runner == "DirectRunner" and options.direct_num_workers > 1 and options.direct_running_mode == "in_memory":
        yield "runs one worker in memory; --direct_num_workers needs --direct_running_mode=multi_processing"
    if runner == "DataflowRunner" and not (options.setup_file or options.sdk_container_image):
        yield "needs --setup_file=setup.py or --sdk_container_image: its workers must have this package"
    for name in ("setup_file", *(option.removeprefix("--") for option in _JOB_SERVER_JARS)):
        file = getattr(options, name)
        if file and "://" not in file and not Path(file).is_file():
            yield f"has --{name}={file}: no such file"


def _environment_problems(options: argparse.Namespace) -> Iterator[str]:
    if options.environment_type not in _ENVIRONMENTS:
        yield f"has --environment_type={options.environment_type}: expected one of {', '.join(_ENVIRONMENTS)}"
    elif options.environment_type != "LOOPBACK" and not options.environment_config:
        meaning = (
            "HOST:PORT of a worker pool" if options.environment_type == "EXTERNAL" else "an image with this package"
        )
        yield f"needs --environment_config with --environment_type={options.environment_type}: {meaning}"


def _suggestion(unknown: str) -> str:
    name = unknown.partition("=")[0]
    known = [option for action in _parser()._actions for option in action.option_strings]
    close = difflib.get_close_matches(name, known, n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _absolute(argument: str) -> str:
    """Returns an option with its path made absolute, because Beam may read it in another working directory."""
    name, separator, value = argument.partition("=")
    is_path = separator and name in ("--setup_file", *_JOB_SERVER_JARS) and "://" not in value
    return f"{name}={Path(value).absolute()}" if is_path else argument
