"""`ast-restore serve`. TensorFlow is imported when the command runs."""

from __future__ import annotations

from pathlib import Path

import click

from model_code.saved_model.precision_names import InferencePrecision
from pipeline.commands.options import (
    memory_option,
    models_option,
    precision_option,
    renamed_option,
    signature_option,
    trust_model_option,
    whole_workspace_option,
)
from pipeline.commands.parameter_types import FilePath, Text, WholeRange, seconds_from
from pipeline.commands.rollout_options import canary_options, canary_settings, shadow_options, shadow_settings

_EPILOG = """\b
Examples:
  ast-restore serve                                   (the newest version in workspace/models, and each that follows)
  ast-restore serve --model my-model --port 0
  ast-restore serve --canary 10% --canary-promote 500
  ast-restore serve --shadow candidate                (judge it with `ast-restore models compare-shadow`)
  curl --data-binary @photo.jpg http://127.0.0.1:8501/restore > restored.png
"""


@click.command(epilog=_EPILOG)
@click.option(
    "--model",
    type=FilePath(),
    help="Folder of one SavedModel, which is a program; it is loaded once, later changes are ignored. The starter weights "
    "are not served.",
)
@models_option(", whose newest version is served unless --model is given")
@whole_workspace_option
@click.option(
    "--host", type=Text(), default="127.0.0.1", show_default=True, help="Address to listen at; 0.0.0.0 listens at all."
)
@click.option(
    "--port",
    type=WholeRange(0, 65535),
    default=8501,
    show_default=True,
    help="Port to listen at; 0 takes a free one.",
)
@click.option(
    "--max-body",
    type=WholeRange(min=1),
    default=32,
    show_default=True,
    metavar="MIB",
    help="Maximum size of a request body, in MiB.",
)
@click.option(
    "--max-pixels",
    type=WholeRange(min=1),
    default=24_000_000,
    show_default=True,
    help="Maximum pixels per image, read from its header.",
)
@click.option(
    "--queue",
    type=WholeRange(min=1),
    default=32,
    show_default=True,
    help="Maximum images in flight; requests beyond get 503 with Retry-After.",
)
@click.option(
    "--max-batch",
    type=WholeRange(1, 65_536),
    default=4,
    show_default=True,
    help="Maximum small images of one size that are restored in one batch.",
)
@memory_option
@precision_option
@click.option(
    "--read-timeout",
    type=seconds_from(0, is_open=True),
    default=20.0,
    show_default=True,
    metavar="SECONDS",
    help="Seconds within which a request's headers must arrive, and then each next part of its body.",
)
@renamed_option("--body-timeout", "--read-timeout")
@click.option(
    "--allowed-host",
    "allowed_hosts",
    multiple=True,
    type=Text(),
    metavar="NAME",
    help="Name under which clients call the server, beside localhost and its addresses, such as a proxy's; repeat it "
    "for several, * allows any.",
)
@trust_model_option
@signature_option
@click.option(
    "--log-measurements",
    type=FilePath(file_okay=False),
    metavar="FOLDER",
    help="Folder for size, format and brightness of each image (no pixels), the input of `data drift`.",
)
@shadow_options
@canary_options
def serve(
    model: Path | None, models: Path, host: str, port: int, max_body: int, max_pixels: int, queue: int, max_batch: int,
    memory: int, precision: InferencePrecision, read_timeout: float, allowed_hosts: tuple[str, ...], trust_model: bool,
    public_key: Path | None, log_measurements: Path | None, shadow: str | None, shadow_share: float | None, shadow_log: Path,
    canary: float | None, bounds: tuple[str, ...], **canary_limits: float | None,
) -> int:  # fmt: skip
    """Serve the pushed model over HTTP.

    The server offers TF Serving's REST API, a web page, health checks and Prometheus metrics. A newly pushed version or
    a rollback is served within seconds, and no request is lost. SIGTERM stops the server after the requests in flight
    are answered.
    """
    from pipeline.serving.listening import listen
    from pipeline.serving.settings import MEBIBYTE, ServeSettings

    settings = ServeSettings(
        models=models,
        model=model,
        max_body=max_body * MEBIBYTE,
        max_pixels=max_pixels,
        queue=queue,
        max_batch=max_batch,
        memory=memory,
        read_timeout=read_timeout,
        allowed_hosts=allowed_hosts,
        trust_model=trust_model,
        public_key=public_key,
        precision=precision,
        log_measurements=log_measurements,
        canary=canary_settings(canary, model, shadow, bounds, **canary_limits),
        shadow=shadow_settings(shadow, shadow_share, shadow_log, model),
    )
    with listen(host, port) as listening:
        click.echo("loading TensorFlow ...", err=True)
        from pipeline.serving.run import serve as run

        return run(settings, listening)
