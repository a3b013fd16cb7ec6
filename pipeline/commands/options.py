"""Options that several commands share, and the tools to stack and to rename options."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Any, cast

import click

from data.renamed import warn_renamed
from model_code.known_weights import starter_degradation
from model_code.saved_model.precision_names import INFERENCE_PRECISIONS
from model_code.saved_model.tiling import DEFAULT_MEMORY
from pipeline.commands.parameter_types import FilePath, WholeRange
from pipeline.screen.terminal import print_line
from pipeline.workspace import MODELS, metadata_in, models_in, shadow_in

SHIPPED = tuple(sorted(path.stem for path in (Path(__file__).parents[1] / "configs").glob("*.yaml")))
"""Names of the configurations that the project ships."""

Function = Callable[..., Any]
"""The function of a command; its parameters are the options."""
Decorator = Callable[[Function], Function]


def with_options(*options: Decorator) -> Decorator:
    """Returns a decorator that adds options to a command, in the order in which its help lists them."""

    def add(command: Function) -> Function:
        for option in reversed(options):
            command = option(command)
        return command

    return add


class _RenamedOption(click.Option):
    """A hidden option whose value is handed to the option that replaced it."""

    def __init__(self, declarations: list[str], new: str, values: Mapping[str, str], **attributes: Any) -> None:
        super().__init__(declarations, hidden=True, expose_value=False, is_eager=True, **attributes)
        self._new = new
        self._values = values

    def handle_parse_result(
        self, ctx: click.Context, opts: Mapping[str, Any], args: list[str]
    ) -> tuple[Any, list[str]]:
        given = cast("MutableMapping[str, Any]", opts)
        if self.name in given:
            (replacement,) = (parameter for parameter in ctx.command.params if self._new in parameter.opts)
            if replacement.name in given:
                raise click.UsageError(f"{self.opts[0]} is the old name of {self._new}: give one of them", ctx)
            given[str(replacement.name)] = self._new_value(given.pop(self.name))
        return super().handle_parse_result(ctx, given, args)

    def _new_value(self, value: Any) -> Any:
        """Returns the value for the new option, and warns of the old one."""
        if self.is_flag and isinstance(self.flag_value, str):
            warn_renamed(self.opts[0], f"{self._new} {self.flag_value}")
            return value
        if not self._values:
            warn_renamed(self.opts[0], self._new)
            return value
        if value not in self._values:
            raise click.BadParameter(f"{value!r} is not one of {', '.join(self._values)}", param=self)
        warn_renamed(f"{self.opts[0]} {value}", f"{self._new} {self._values[value]}")
        return self._values[value]


class ModelOrStarter(FilePath):
    """The folder of a SavedModel, or the word for a starter; `./starter` and `starter/` are a folder of that name."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Returns the path; that of a folder named like the word is absolute, so that no one takes it for the word."""
        path = super().convert(value, param, ctx)
        degradation = starter_degradation(str(path))
        if degradation is None:
            return path
        if starter_degradation(str(value)) is None:
            return path.absolute()
        from model_code.weights.starter.files import description  # loads pydantic, which no help needs

        words = description(degradation).words
        if path.is_dir():
            print_line(f"note: --model {path} is {words}; the folder of that name here is --model ./{path}")
        return path


trust_model_option = click.option(
    "--trust-model",
    is_flag=True,
    help="Load a model though its operations could touch files. A SavedModel is a program: do so only if you trust "
    "whoever made it.",
)


def renamed_option(old: str, new: str, values: Mapping[str, str] | None = None, **attributes: Any) -> Decorator:
    """Returns a decorator that keeps an option's old spelling working, with one line on stderr that names the new one.

    Args:
        old: The spelling of one release ago, such as `--body-timeout`.
        new: The option that takes its value, which the command has as well.
        values: The option's values of today by those of one release ago; None if they are the same.
        **attributes: What the parser must know of the option to read it: `is_flag`, `flag_value`, `multiple`, `nargs`.
    """
    return click.option(old, cls=_RenamedOption, new=new, values=values or {}, **attributes)


def config_option(default: str = "demo") -> Decorator:
    """Returns the option `--config`; with an empty default it must be given."""
    shipped = f"YAML file, or one that is shipped: {', '.join(SHIPPED)}."
    return click.option(
        "--config",
        type=FilePath(),
        required=not default,
        help=f"{shipped}  [default: {default}]" if default else shipped,
    )


set_option = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY.PATH=VALUE",
    help="Replace one value of the configuration, as in --set workspace=/tmp/w; may be given several times.",
)


LONGEST_REASON = 300
"""Characters of a reason that a run report shows."""

reason_option = click.option(
    "--reason",
    default="",
    metavar="TEXT",
    help='Why the run is started, for its report, run.json and the hooks, as in --reason "new camera".',
)


def config_options(command: Function) -> Function:
    """Adds `--config` and `--set`, for a command that reads a configuration."""
    return with_options(config_option(), set_option)(command)


def workspace_option(use: str) -> Decorator:
    """Returns the option `--workspace`.

    Args:
        use: One clause for the help, which says what the workspace is needed for.
    """
    return click.option("--workspace", type=FilePath(file_okay=False), metavar="FOLDER", help=f"Workspace {use}")


def models_option(use: str = "", parameter: str = "models") -> Decorator:
    """Returns the option `--models`, which names a push destination.

    Args:
        use: One clause for the help, which says what is taken from there.
        parameter: The parameter of the command that gets it.
    """
    return click.option(
        "--models",
        parameter,
        type=FilePath(file_okay=False),
        default=MODELS,
        show_default=True,
        help=f"Push destination{use}.",
    )


signature_option = click.option(
    "--require-signature",
    "public_key",
    type=FilePath(dir_okay=False),
    metavar="KEY",
    help="PEM file of a public key; a model that is not signed with it, or was changed since, is not loaded.",
)


class _InsteadOption(click.Option):
    """An option that names a workspace, and so the folders of other options of the command."""

    def handle_parse_result(
        self, ctx: click.Context, opts: Mapping[str, Any], args: list[str]
    ) -> tuple[Any, list[str]]:
        given = cast("MutableMapping[str, Any]", opts)
        if self.name in given:
            workspace = self.type.convert(given[self.name], self, ctx)
            for parameter in ctx.command.params:
                place = next((_PLACES[name] for name in parameter.opts if name in _PLACES), None)
                if place is None:
                    continue
                if parameter.name in given:
                    raise click.UsageError(f"--workspace stands for {parameter.opts[0]} too: give one of them", ctx)
                given[str(parameter.name)] = str(place(workspace))
        return super().handle_parse_result(ctx, given, args)


_PLACES = {"--models": models_in, "--metadata": metadata_in, "--shadow-log": shadow_in}
"""Where a workspace has what these options name."""

whole_workspace_option = click.option(
    "--workspace",
    cls=_InsteadOption,
    type=FilePath(file_okay=False),
    expose_value=False,
    is_eager=True,
    metavar="FOLDER",
    help="Workspace whose folders (models/, metadata/, shadow/) are used, instead of naming each by its own option.",
)

memory_option = click.option(
    "--memory",
    type=WholeRange(min=64),
    default=DEFAULT_MEMORY,
    show_default=True,
    metavar="MIB",
    help="Memory for restoring one image or tile, beside the network, in MiB; larger images are restored in tiles.",
)

precision_option = click.option(
    "--precision",
    type=click.Choice(INFERENCE_PRECISIONS),
    default=INFERENCE_PRECISIONS[0],
    show_default=True,
    help="What the model computes in; half is bfloat16 or a GPU's float16, auto tries both and takes half if faster and alike.",
)

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


def print_json(value: object) -> None:
    """Prints what a command with `--json` has to say."""
    text = json.dumps(value, indent=1, ensure_ascii=False)
    is_plain = all(map(str.isprintable, text.split("\n")))
    click.echo(text if is_plain else json.dumps(value, indent=1))


json_file_option = click.option(
    "--json",
    "json_file",
    type=FilePath(dir_okay=False),
    metavar="FILE",
    help="Write the result to this file as JSON.",
)
