"""The MLflow server: its URI, the secrets in it, and texts without them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from data.errors import InputError
from data.plain_text import one_line
from pipeline.config_sections.mlflow_settings import MlflowSettings
from pipeline.webhook import MASK, host_of, masked

URI_VARIABLE = "MLFLOW_TRACKING_URI"
"""MLflow's own variable, which the commands read where the configuration names no server."""

_USER, _PASSWORD, _TOKEN = "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN"
_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^\s\"'<>()]+", re.IGNORECASE)
_SET_UNLESS_SET = {
    # MLflow's own 7 retries in growing steps take minutes, which a run would wait.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_BACKOFF_JITTER": "0",
}
_SET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",  # otherwise the client reports its use to its makers
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}


@dataclass(frozen=True)
class Server:
    """A tracking server.

    Attributes:
        uri: Its URI, without user and password.
        host: Its host, for messages.
        variables: The environment of the process that talks to it.
    """

    uri: str = field(repr=False)
    host: str
    variables: Mapping[str, str] = field(repr=False)

    def without_secrets(self, text: str, length: int = 200) -> str:
        """Returns a text in one line, without what may be secret: of an address it keeps the host.

        Args:
            text: A message of MLflow or of the server.
            length: Most characters.
        """
        text = _URL.sub(lambda found: masked(found[0]) or "", text)
        path = urlsplit(self.uri).path.strip("/")
        secrets = [self.variables.get(name, "") for name in (_USER, _PASSWORD, _TOKEN)]
        for secret in sorted(filter(None, [path, *secrets]), key=len, reverse=True):
            text = text.replace(secret, MASK)
        return one_line(text, length)

    def page(self, experiment_id: str, mlflow_id: str) -> str | None:
        """Returns the address of a run's page; None where the URI has a path, which may be secret."""
        parts = urlsplit(self.uri)
        if parts.path.strip("/"):
            return None
        return f"{parts.scheme}://{parts.netloc}/#/experiments/{experiment_id}/runs/{mlflow_id}"


def server_of(settings: MlflowSettings) -> Server:
    """Returns the server that a configuration names; failing that, the one of MLflow's own variable.

    Args:
        settings: The configuration's section.

    Raises:
        InputError: No server is named, its URI cannot be used, or the variable that should hold it is not set.
    """
    variable = settings.tracking_uri_variable
    uri = os.environ.get(variable) if variable else settings.tracking_uri
    if variable and not uri:
        raise InputError(f"mlflow.tracking_uri_variable: the environment has no {variable}; set it to the server's URI")
    uri = uri or os.environ.get(URI_VARIABLE)
    if not uri:
        raise InputError(f"no MLflow server is named: set mlflow.tracking_uri, or the variable {URI_VARIABLE}")
    return _server(uri, os.environ)


def _server(uri: str, variables: Mapping[str, str]) -> Server:
    parts = _parts(uri)
    if parts is None:
        raise InputError(
            f"mlflow.tracking_uri: the URI of {host_of(uri)} cannot be used; give the whole one, http:// or https://, without "
            "a query"
        )
    given = {**_SET_UNLESS_SET, **variables, **_SET}
    if parts.username is not None:
        given |= {_USER: unquote(parts.username), _PASSWORD: unquote(parts.password or "")}
        given.pop(_TOKEN, None)  # what stands in the URI was meant for this server
    bare = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", ""))
    return Server(bare, host_of(uri), given | {URI_VARIABLE: bare})


def _parts(uri: str) -> SplitResult | None:
    """Returns the parts of a URI; None where no server can have it."""
    try:
        parts = urlsplit(uri)
        is_usable = (
            parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
        )
    except ValueError:  # an impossible port or address
        return None
    if not is_usable or parts.query or parts.fragment or uri.endswith(f"/{MASK}") or any(char <= " " for char in uri):
        return None
    return parts
