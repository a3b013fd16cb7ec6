"""Checks the `beam:` section, the options of every Beam component, before anything runs.

Beam ignores an unknown option with one warning among hundreds of lines, so a misspelt number of workers would go unnoticed.
This module therefore parses the options with Beam's own parsers, and checks the options that each runner requires.
"""

from __future__ import annotations

import argparse
import difflib
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, cast

from data.errors import InputError

IN_MEMORY = ("--runner=DirectRunner", "--direct_running_mode=in_memory")
_PACKAGES = {"--setup_file", "--requirements_file", "--extra_package", "--extra_packages", "--sdk_container_image"}
_NO_PACKAGES = "--sdk_container_image=the-environment-that-runs-already"
_PICKLER = "--pickle_library"
_FAST_PICKLER = f"{_PICKLER}=cloudpickle"
_ENVIRONMENTS = ("LOOPBACK", "EXTERNAL", "DOCKER")
_OWN_ENVIRONMENTS = tuple(f"--environment_type={name}" for name in ("LOOPBACK", "EXTERNAL"))
_JOB_SERVER_TIMEOUT = "--job_server_timeout"
JOB_SERVER_TIMEOUT_SECONDS = 24 * 60 * 60
"""The time that a job may take on Beam's own job service, which applies this option to the whole job; Beam's default is 60 s on
TFX 1.16 and 300 s on 1.21."""
JOB_SERVICE_WAIT_SECONDS = 60
"""The time that a run waits for the job service to accept connections."""


@dataclass(frozen=True, slots=True)
class RunnerOptions:
    """The options that a Beam runner requires.

    Attributes:
        required: Names of the options.
        meaning: What the options are, for the error message.
    """

    required: tuple[str, ...] = ()
    meaning: str = ""


PORTABLE_RUNNERS = ("PortableRunner", "FlinkRunner", "SparkRunner")
"""The runners that submit a job to a job service."""

RUNNERS = {
    "DirectRunner": RunnerOptions(),
    "PortableRunner": RunnerOptions(
        ("job_endpoint", "environment_type"), "the job service's HOST:PORT, and how it starts workers"
    ),
    "FlinkRunner": RunnerOptions(("flink_master", "environment_type"), "Flink's HOST:PORT, and how it starts workers"),
    "SparkRunner": RunnerOptions(("spark_master_url", "environment_type"), "Spark's URL, and how it starts workers"),
    "DataflowRunner": RunnerOptions(
        ("project", "region", "temp_location"), "the Google Cloud project, its region, and a gs:// folder"
    ),
}
"""The runners whose options are checked. Only the first two are covered by tests that run a pipeline."""


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
    runner = options.runner or "DirectRunner"
    if runner not in RUNNERS:
        raise ValueError(f"--runner={runner}: expected one of {', '.join(RUNNERS)}")
    for problem in _problems(options, runner):
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

    Args:
        arguments: The options that `check_options` returned.
    """
    names = {argument.partition("=")[0] for argument in arguments}
    runner = _runner(arguments)
    own_workers = runner == "DirectRunner" or any(option in arguments for option in _OWN_ENVIRONMENTS)
    added = []
    if own_workers and not names & _PACKAGES:
        added.append(_NO_PACKAGES)
    if runner == "DirectRunner" and _PICKLER not in names:
        added.append(_FAST_PICKLER)
    if runner in PORTABLE_RUNNERS and not names & {_JOB_SERVER_TIMEOUT, _JOB_SERVER_TIMEOUT.replace("_", "-")}:
        added.append(f"{_JOB_SERVER_TIMEOUT}={JOB_SERVER_TIMEOUT_SECONDS}")
    return [*arguments, *added]


def require_job_service(arguments: Sequence[str], seconds: float = JOB_SERVICE_WAIT_SECONDS) -> None:
    """Checks that the job service accepts connections, before Beam waits for it without a word.

    Args:
        arguments: The options that `check_options` returned; without `--job_endpoint` there is nothing to check.
        seconds: The time to wait for a service that is starting.

    Raises:
        InputError: Nothing listens at `--job_endpoint`.
    """
    endpoint = next((value for name, _, value in map(_split, arguments) if name == "--job_endpoint"), "")
    host, _, port = endpoint.rpartition(":")
    if not (host and port.isdigit()):
        return
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=max(1.0, seconds)).close()
        except OSError as error:
            if time.monotonic() >= deadline:
                raise InputError(
                    f"beam: --job_endpoint={endpoint}: no job service answers there ({error.strerror or error}); start it, "
                    "or correct the address"
                ) from error
            time.sleep(min(1.0, seconds))
        else:
            return


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


def _problems(options: argparse.Namespace, runner: str) -> Iterator[str]:
    expected = RUNNERS[runner]
    for name in expected.required:
        if not getattr(options, name, None):
            yield f"needs --{name}: {expected.meaning}"
    if "environment_type" in expected.required:
        yield from _environment_problems(options)
    if runner == "DirectRunner" and options.direct_num_workers > 1 and options.direct_running_mode == "in_memory":
        yield "runs one worker in memory; --direct_num_workers needs --direct_running_mode=multi_processing"
    if runner == "DataflowRunner" and not (options.setup_file or options.sdk_container_image):
        yield "needs --setup_file=setup.py or --sdk_container_image: its workers must have this package"
    if options.setup_file and not Path(options.setup_file).is_file():
        yield f"has --setup_file={options.setup_file}: no such file"


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
    return f"{name}={Path(value).absolute()}" if separator and name == "--setup_file" else argument
