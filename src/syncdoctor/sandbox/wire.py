"""Between the sandbox's own types and those of the web server."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.responses import Response

from syncdoctor.providers.common.embedded import Reply


class Dropped(Exception):
    """The connection is to be closed without an answer."""


def form_of(body: bytes) -> dict[str, str]:
    """The fields of a form that was sent as ``application/x-www-form-urlencoded``."""
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def to_response(reply: Reply, headers: Mapping[str, str] | None = None) -> Response:
    """The web server's form of a provider's answer."""
    return Response(reply.body, reply.status, {**reply.headers, **(headers or {})})
