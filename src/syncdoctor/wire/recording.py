"""A transport that makes an exchange of every request, redacted when it is made."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import httpx2
import orjson

from syncdoctor import redact
from syncdoctor.model import Exchange
from syncdoctor.wire.failures import classify, describe

BODY = "syncdoctor.body"  # the parsed answer, among a response's extensions

ENDS = "syncdoctor.ends"  # the moment (monotonic) at which an answer must be here, of a request's


class _Until(httpx2.SyncByteStream):
    """An answer's body, given up at a moment: a byte now and then would keep any step going."""

    def __init__(self, body: Any, ends: float) -> None:
        self._body = body
        self._ends = ends

    def __iter__(self) -> Iterator[bytes]:
        for part in self._body:
            yield part
            if time.monotonic() >= self._ends:
                raise httpx2.ReadTimeout("the answer did not end in time")

    def close(self) -> None:
        self._body.close()


class RecordingTransport(httpx2.BaseTransport):
    """Wraps a transport: every request becomes an exchange, redacted when it is made."""

    def __init__(
        self,
        inner: httpx2.BaseTransport,
        provider: str,
        record: Callable[[Exchange], None],
        secrets: Callable[[], Iterable[str]],
        turns: AbstractContextManager[object],
    ) -> None:
        """Record what goes over ``inner``.

        Args:
            secrets: gives the literal secrets known at the time of a request.
            turns: held from the request's start to the answer's end.
        """
        self._inner = inner
        self._provider = provider
        self._record = record
        self._secrets = secrets
        self._turns = turns

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send, read the whole answer and record it."""
        with self._turns:
            at, started = datetime.now(UTC), time.monotonic()
            known = {"at": at, **request.extensions.get("syncdoctor", {})}
            try:
                response = self._whole(request)
            except httpx2.RequestError as error:
                self._record(
                    self._exchange(
                        request,
                        known,
                        elapsed_s=time.monotonic() - started,
                        exception=describe(error),
                        transport=classify(error),
                    )
                )
                raise
            elapsed_s = time.monotonic() - started
        body = response.extensions[BODY] = parse_body(response)
        self._record(
            self._exchange(
                request,
                known,
                response,
                elapsed_s=elapsed_s,
                status=response.status_code,
                headers=response.headers,
                body=body,
            )
        )
        return response

    def _whole(self, request: httpx2.Request) -> httpx2.Response:
        """The answer with all of its body."""
        response = self._inner.handle_request(request)
        ends = request.extensions.get(ENDS)
        if ends is not None:
            response.stream = _Until(response.stream, ends)
        response.read()
        return response

    def _exchange(
        self,
        request: httpx2.Request,
        known: Mapping[str, Any],
        response: httpx2.Response | None = None,
        **answer: Any,
    ) -> Exchange:
        secrets, source = tuple(self._secrets()), None
        if response is not None and isinstance(answer["body"], (dict, list)):
            secrets, source = _occurring(secrets, request, response), response.content
        return redact.exchange(
            provider=self._provider,
            method=request.method,
            url=str(request.url),
            known=secrets,
            body_source=source,
            **known,
            **answer,
        )

    def close(self) -> None:
        """Close the wrapped transport."""
        self._inner.close()


def _occurring(
    secrets: Iterable[str], request: httpx2.Request, response: httpx2.Response
) -> tuple[str, ...]:
    """The secrets that an answer in JSON may hold: one look at all of it saves one at each text.

    An escape could hide a secret: with one in the answer all are looked for.
    """
    sent = str(request.url).encode()
    seen = b"\0".join((sent, response.content, *(value for _, value in response.headers.raw)))
    if b"\\" in seen:
        return tuple(secrets)
    return tuple(secret for secret in secrets if secret.encode() in seen)


def parse_body(response: httpx2.Response) -> Any:
    """Parsed JSON where the answer is JSON, else text; None when it is empty."""
    content = response.content
    if not content:
        return None
    if content.lstrip()[:1] in (b"{", b"["):
        try:
            return orjson.loads(content)
        except orjson.JSONDecodeError:
            pass
    return response.text
