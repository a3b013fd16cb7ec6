"""What holds for every request and every answer, whichever route it has."""

from __future__ import annotations

from http import HTTPStatus

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.serving.refusal import SAFE
from pipeline.serving.web.hosts import AllowedHosts

_FETCH_SITE, _FOREIGN = b"sec-fetch-site", b"cross-site"


class GuardMiddleware:
    """Refuses requests under a foreign name or from another site's page; gives every answer the security headers."""

    def __init__(self, app: ASGIApp, hosts: AllowedHosts) -> None:
        """Wraps an application.

        Args:
            app: The application.
            hosts: The names under which the server answers.
        """
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request, or passes it on to the application."""

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SAFE.items():
                    headers[name] = value
            await send(message)

        app = self._refusal(scope) or self._app
        await app(scope, receive, send_safely)

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        if scope["type"] != "http":
            return None
        name = self._hosts.refused(scope)
        if name is not None:
            message = f"{name[:80]!r} is not a name of this server; it answers to it with --allowed-host {name[:80]}"
            return JSONResponse({"error": message}, HTTPStatus.MISDIRECTED_REQUEST)
        if scope["method"] not in ("GET", "HEAD") and (_FETCH_SITE, _FOREIGN) in scope["headers"]:
            message = "sent by a page of another site; use this server's own page, or a program"
            return JSONResponse({"error": message}, HTTPStatus.FORBIDDEN)
        return None
