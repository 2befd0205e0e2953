"""The HTTP client of one connection: its provider's own hosts only, every exchange recorded."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import httpx2
import orjson

from syncdoctor import __version__, redact
from syncdoctor.engine.provider import Provider
from syncdoctor.errors import Guarded
from syncdoctor.model import App, Exchange, Organisation, Phase
from syncdoctor.wire.failures import classify, describe
from syncdoctor.wire.limits import Limiter
from syncdoctor.wire.proxies import EnvironmentTransport

UNAUTHORISED = 401
TOO_MANY = 429
PASSING = frozenset({502, 503, 504})  # worth another try when nothing can be written twice
READING = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the redacted exchange, and the answer itself, which never leaves memory."""

    exchange: Exchange
    status: int | None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None

    @property
    def ok(self) -> bool:
        """Whether a 2xx answer came; it may still carry errors of single records."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004


class RecordingTransport(httpx2.BaseTransport):
    """Wraps a transport: every request becomes an exchange, redacted when it is made."""

    def __init__(
        self,
        inner: httpx2.BaseTransport,
        provider: str,
        record: Callable[[Exchange], None],
        secrets: Callable[[], Iterable[str]],
    ) -> None:
        """``secrets`` gives the literal secrets known at the time of a request."""
        self._inner = inner
        self._provider = provider
        self._record = record
        self._secrets = secrets

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send, read the whole answer and record it."""
        at, started = datetime.now(UTC), time.monotonic()
        known = {"at": at, **request.extensions.get("syncdoctor", {})}
        try:
            response = self._inner.handle_request(request)
            response.read()
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
        self._record(
            self._exchange(
                request,
                known,
                elapsed_s=time.monotonic() - started,
                status=response.status_code,
                headers=response.headers,
                body=parse_body(response),
            )
        )
        return response

    def _exchange(
        self, request: httpx2.Request, known: Mapping[str, Any], **answer: Any
    ) -> Exchange:
        return redact.exchange(
            provider=self._provider,
            method=request.method,
            url=str(request.url),
            known=self._secrets(),
            **known,
            **answer,
        )

    def close(self) -> None:
        """Close the wrapped transport."""
        self._inner.close()


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


class Client:
    """Sends requests for one connection.

    HTTP errors and transport failures are answers, not exceptions: :attr:`Answer.exchange` says
    what happened. Raised are :class:`Guarded` (a write through a client that cannot write, a host
    that is not the provider's) and what ``token`` raises.
    """

    def __init__(
        self,
        provider: Provider,
        app: App,
        *,
        token: Callable[[bool], str] | None = None,
        organisation: Organisation | None = None,
        writable: bool = False,
        limiter: Limiter | None = None,
        tries: int = 1,
        timeout_s: float = 30.0,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        """Build a client.

        Args:
            token: gives an access token; called with True when the last one was refused.
            tries: how often a request that cannot write twice is sent while failures pass.
        """
        self.provider = provider
        self.app = app
        self.organisation = organisation
        self.writable = writable
        self.exchanges: list[Exchange] = []
        self._token = token
        self._limiter = limiter
        self._tries = tries
        self._secrets: set[str] = set()
        self._http = httpx2.Client(
            transport=RecordingTransport(
                transport or EnvironmentTransport(),
                provider.id,
                self.exchanges.append,
                lambda: self._secrets,
            ),
            timeout=httpx2.Timeout(timeout_s, connect=min(timeout_s, 10.0)),
            headers={"user-agent": f"syncdoctor/{__version__}", **provider.headers},
            follow_redirects=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def keep_secret(self, *secrets: str) -> None:
        """Name literal secrets that must be in no exchange, and in no other output either."""
        self._secrets.update(s for s in secrets if s)
        redact.remember(*secrets)

    def url(self, path: str, base: str = "api") -> str:
        """The URL of a path below one of the provider's URLs, or of the app's override."""
        root = self.app.urls.get(base) or self.provider.urls[base]
        return urljoin(root if root.endswith("/") else root + "/", path) if path else root

    def send(
        self,
        method: str,
        path: str = "",
        *,
        base: str = "api",
        phase: Phase = Phase.API,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Answer:
        """Send one request; renew the token once when it is refused, wait when told to wait."""
        url = self.url(path, base)
        self._guard(method, url, base, phase)
        sent = dict(headers or {})
        if self.organisation and self.provider.organisation_query and base == "api":
            params = {**(params or {}), self.provider.organisation_query: self.organisation.id}
        keyed = self.provider.idempotency_header if idempotency_key else None
        if keyed and idempotency_key:
            sent[keyed] = idempotency_key
        content = None
        if json is not None:
            content = orjson.dumps(json)
            sent["content-type"] = "application/json"
        repeatable = method in READING or keyed is not None
        refused = False
        answer = None
        for attempt in range(1, max(self._tries, 1) + 2):
            if phase is Phase.API:
                self._authorise(sent, base, refused=refused)
            answer = self._once(
                method, url, phase, attempt, params=params, content=content, data=data, headers=sent
            )
            if answer.status == UNAUTHORISED and phase is Phase.API and self._token and not refused:
                refused = True
                continue
            if attempt >= self._tries or not self._worth_another(answer, repeatable=repeatable):
                break
            self._wait(answer, attempt)
        if answer is None:
            raise AssertionError("a request is sent at least once")
        return answer

    def _guard(self, method: str, url: str, base: str, phase: Phase) -> None:
        if method not in READING and not self.writable and phase is Phase.API:
            raise Guarded(f"{method} {redact.text(url)}: this client must not write.")
        host = urlsplit(url).netloc.lower()
        override = self.app.urls.get(base)
        allowed = {urlsplit(override).netloc.lower()} if override else set(self.provider.hosts)
        if host not in allowed:
            raise Guarded(f"{host} is no host of {self.provider.name}: nothing was sent there.")

    def _authorise(self, headers: dict[str, str], base: str, *, refused: bool) -> None:
        if self._token is not None:
            token = self._token(refused)
            self.keep_secret(token)
            headers["authorization"] = f"{self.provider.token_scheme} {token}"
        if self.organisation and self.provider.organisation_header and base == "api":
            headers[self.provider.organisation_header] = self.organisation.id

    def _once(self, method: str, url: str, phase: Phase, attempt: int, **parts: Any) -> Answer:
        if self._limiter is not None and phase is Phase.API:
            self._limiter.acquire()
        request = self._http.build_request(
            method, url, extensions={"syncdoctor": {"phase": phase, "attempt": attempt}}, **parts
        )
        try:
            response = self._http.send(request)
        except httpx2.RequestError:
            return Answer(self.exchanges[-1], None)
        answer = Answer(
            self.exchanges[-1],
            response.status_code,
            {name.lower(): value for name, value in response.headers.items()},
            parse_body(response),
        )
        if self._limiter is not None and phase is Phase.API:
            self._limiter.learn(answer.status, answer.headers)
        return answer

    def _worth_another(self, answer: Answer, *, repeatable: bool) -> bool:
        if answer.status == TOO_MANY:
            return self._limiter is not None and self._limiter.patient
        return repeatable and (answer.status is None or answer.status in PASSING)

    def _wait(self, answer: Answer, attempt: int) -> None:
        if answer.status == TOO_MANY:
            return  # the limiter has learnt how long, and waits before the next request
        time.sleep(min(8.0, 0.25 * 2**attempt) * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
