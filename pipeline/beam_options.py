"""The `beam:` section: what every Beam component's pipeline is run with, checked before anything runs.

Beam itself ignores an option that it does not know, with a warning among hundreds of lines; a misspelt number of workers
then costs a night. So options are read here by Beam's own parsers, and each engine's necessary ones are asked for.
"""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

_DIRECT = "--runner=DirectRunner"
IN_MEMORY = (_DIRECT, "--direct_running_mode=in_memory")
_PACKAGES = {"--setup_file", "--requirements_file", "--extra_package", "--extra_packages", "--sdk_container_image"}
_NO_PACKAGES = "--sdk_container_image=the-environment-that-runs-already"
_ENVIRONMENTS = ("LOOPBACK", "EXTERNAL", "DOCKER")


@dataclass(frozen=True, slots=True)
class Engine:
    """What an engine has to be told.

    Attributes:
        needs: Options without which it cannot run.
        why: What they are, for whoever left one out.
    """

    needs: tuple[str, ...] = ()
    why: str = ""


ENGINES = {
    "DirectRunner": Engine(),
    "PortableRunner": Engine(
        ("job_endpoint", "environment_type"), "the job service's HOST:PORT, and how it starts workers"
    ),
    "FlinkRunner": Engine(("flink_master", "environment_type"), "Flink's HOST:PORT, and how it starts workers"),
    "SparkRunner": Engine(("spark_master_url", "environment_type"), "Spark's URL, and how it starts workers"),
    "DataflowRunner": Engine(
        ("project", "region", "temp_location"), "the Google Cloud project, its region, and a gs:// folder"
    ),
}
"""The engines whose options are checked; only the first two could be run where this was written."""


class _Refusing(argparse.ArgumentParser):
    """Beam's options, without Beam's way out of the process."""

    def error(self, message: str) -> NoReturn:
        raise ValueError(message)


def checked(arguments: Sequence[str]) -> list[str]:
    """Returns the arguments with paths made absolute, or says what is wrong with them.

    Args:
        arguments: As in the configuration, such as `--runner=DirectRunner`.

    Raises:
        ValueError: An option is unknown, has no fitting value, or is missing; the message is one line.
    """
    if tuple(arguments) == IN_MEMORY:  # what nearly every run has; Beam takes two seconds to load
        return list(arguments)
    told, unknown = _parser().parse_known_args(list(arguments))
    if unknown:
        raise ValueError(f"Beam has no option {unknown[0]}{_suggestion(unknown[0])}")
    runner = told.runner or "DirectRunner"
    if runner not in ENGINES:
        raise ValueError(f"--runner={runner}: expected one of {', '.join(ENGINES)}")
    for problem in _problems(told, runner):
        raise ValueError(f"--runner={runner} {problem}")
    return [_absolute(argument) for argument in arguments]


def for_tfx(arguments: Sequence[str]) -> list[str]:
    """Returns the arguments that TFX's Beam components get.

    TFX copies and packs its whole installed self for workers that may lack it, about two seconds a component, unless the
    arguments name where workers get it. Workers of the DirectRunner are this process or its children and lack nothing; the
    name of an image, which that runner never reads, tells TFX so.

    Args:
        arguments: As `checked` returns them.
    """
    names = {argument.partition("=")[0] for argument in arguments}
    is_direct = _DIRECT in arguments or "--runner" not in names
    has_packages = not names.isdisjoint(_PACKAGES)
    return [*arguments, *([_NO_PACKAGES] if is_direct and not has_packages else [])]


def _parser() -> Any:
    """Every option that Beam knows."""
    # Beam offers no list of its options: the classes that hold them are what its own parser is made of.
    from apache_beam.options.pipeline_options import PipelineOptions

    parser: Any = _Refusing(allow_abbrev=False, add_help=False)
    seen: set[type] = set()
    for options in PipelineOptions.__subclasses__():
        if options not in seen and "_add_argparse_args" in vars(options):
            seen.add(options)
            options._add_argparse_args(parser)
    return parser


def _problems(told: argparse.Namespace, runner: str) -> Iterator[str]:
    engine = ENGINES[runner]
    for name in engine.needs:
        if not getattr(told, name, None):
            yield f"needs --{name}: {engine.why}"
    if "environment_type" in engine.needs:
        yield from _environment_problems(told)
    if runner == "DirectRunner" and told.direct_num_workers > 1 and told.direct_running_mode == "in_memory":
        yield "has one worker in memory: --direct_running_mode=multi_processing has --direct_num_workers"
    if runner == "DataflowRunner" and not (told.setup_file or told.sdk_container_image):
        yield "needs --setup_file=setup.py or --sdk_container_image: its workers must have this package"
    if told.setup_file and not Path(told.setup_file).is_file():
        yield f"is told --setup_file={told.setup_file}: no such file"


def _environment_problems(told: argparse.Namespace) -> Iterator[str]:
    if told.environment_type not in _ENVIRONMENTS:
        yield f"is told --environment_type={told.environment_type}: expected one of {', '.join(_ENVIRONMENTS)}"
    elif told.environment_type != "LOOPBACK" and not told.environment_config:
        what = "HOST:PORT of a worker pool" if told.environment_type == "EXTERNAL" else "an image with this package"
        yield f"needs --environment_config with --environment_type={told.environment_type}: {what}"


def _suggestion(unknown: str) -> str:
    name = unknown.partition("=")[0]
    known = [option for action in _parser()._actions for option in action.option_strings]
    near = difflib.get_close_matches(name, known, n=1)
    return f"; {near[0]} was meant?" if near else ""


def _absolute(argument: str) -> str:
    """A component's pipeline may run in another folder than the command."""
    name, separator, value = argument.partition("=")
    return f"{name}={Path(value).absolute()}" if separator and name == "--setup_file" else argument
