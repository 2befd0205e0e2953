"""The HTTP client of one connection: its provider's own hosts only, every exchange recorded."""

from __future__ import annotations

import functools
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import httpx2
import orjson

from syncdoctor import __version__, redact
from syncdoctor.engine.provider import Provider
from syncdoctor.errors import Guarded, SignInNeeded
from syncdoctor.model import App, Exchange, Organisation, Phase
from syncdoctor.wire.limits import Limiter, too_many
from syncdoctor.wire.line import Line
from syncdoctor.wire.proxies import EnvironmentTransport
from syncdoctor.wire.recording import BODY, ENDS, RecordingTransport
from syncdoctor.wire.routes import READING, check_host, sent_on, url_of

UNAUTHORISED = 401
SHORTEST_S = 0.1  # for a call when the time for all of them is as good as over
PASSING = frozenset({502, 503, 504})  # worth another try when nothing can be written twice


_HEADERS = {
    "user-agent": f"syncdoctor/{__version__}",
    "accept": "*/*",
    "accept-encoding": "gzip, deflate",
}
_LINE = Line()
Signer = Callable[[str, bytes], Mapping[str, str]]  # idempotency key and body → headers


@functools.lru_cache(maxsize=256)
def _parsed(url: str) -> httpx2.URL:
    return httpx2.URL(url)


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
        line: Line = _LINE,
    ) -> None:
        """Build a client.

        Args:
            token: gives an access token; called with True when the last one was refused.
            tries: how often a request that cannot write twice is sent while failures pass.
            line: how the provider is reached, and for how long, from now on.
        """
        self.provider = provider
        self.app = app
        self.organisation = organisation
        self.writable = writable
        self.exchanges: list[Exchange] = []
        self._token = token
        self._limiter = limiter
        self._tries = tries
        self._own_headers: dict[str, str] = {}
        self._signer: Signer | None = None
        self._secrets: set[str] = set()
        self._transport = RecordingTransport(
            line.lent() or EnvironmentTransport(),
            provider.id,
            self.exchanges.append,
            lambda: self._secrets,
            line.turns,
        )
        timeout = httpx2.Timeout(line.call_s, connect=min(line.call_s, 10.0))
        self._steps_s: dict[str, Any] = timeout.as_dict()
        self.line = line
        self._ends = None if line.total_s is None else time.monotonic() + line.total_s

    @property
    def time_is_up(self) -> bool:
        """Whether the time for all calls together is over; one more would be cut short."""
        return self._ends is not None and time.monotonic() >= self._ends

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
        self._transport.close()

    def keep_secret(self, *secrets: str) -> None:
        """Name literal secrets that must be in no exchange, and in no other output either."""
        self._secrets.update(s for s in secrets if s)
        redact.remember(*secrets)

    def also_send(self, headers: Mapping[str, str]) -> None:
        """Send these headers with every call to the API; their values are secrets."""
        self.keep_secret(*headers.values())
        self._own_headers.update(headers)

    def sign_with(self, signer: Signer) -> None:
        """Sign every call that has a body and an idempotency key, at each attempt anew."""
        self._signer = signer

    def url(self, path: str, base: str = "api") -> str:
        """The URL of a path below one of the provider's URLs, or of the app's override."""
        return url_of(self.provider, self.app, self.organisation, path, base)

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
        refusal: Answer | None = None  # of the first token
        attempt = 0
        while True:
            attempt += 1
            if phase is Phase.API:
                self._authorise(sent, base, refusal)
            answer = self._once(
                (method, url, base),
                phase,
                attempt,
                {"params": params, "content": content, "data": data, "headers": sent},
            )
            renewable = phase is Phase.API and self._token is not None and refusal is None
            if answer.status == UNAUTHORISED and renewable:
                refusal = answer
                continue
            # A limit for each second passes at once: what it refused is asked again in any case.
            throttled = self._limiter is not None and too_many(self.provider, answer.exchange)
            most = max(self._tries, 3 if refusal else 2) if throttled else self._tries
            if attempt >= most or not self._worth_another(answer, repeatable=repeatable):
                return answer
            self._wait(answer, attempt)

    def _guard(self, method: str, url: str, base: str, phase: Phase) -> None:
        if method not in READING and not self.writable and phase is Phase.API:
            raise Guarded(f"{method} {redact.text(url)}: this client must not write.")
        check_host(self.provider, self.app, url, base)

    def _authorise(self, headers: dict[str, str], base: str, refusal: Answer | None) -> None:
        if self._token is not None:
            try:
                token = self._token(refusal is not None)
            except SignInNeeded as error:
                if error.exchange is None and refusal is not None:
                    error.exchange = refusal.exchange  # what nothing can renew
                raise
            self.keep_secret(token)
            name = self.provider.token_header
            bare = name != "authorization"
            headers[name] = token if bare else f"{self.provider.token_scheme} {token}"
        if base != "api":
            return
        if self.organisation and self.provider.organisation_header:
            headers[self.provider.organisation_header] = self.organisation.id
        if self.provider.client_id_header:
            headers[self.provider.client_id_header] = self.app.client_id
        headers.update(self._own_headers)

    def _once(
        self,
        asked: tuple[str, str, str],
        phase: Phase,
        attempt: int,
        parts: Mapping[str, Any],
        *,
        followed: bool = False,
    ) -> Answer:
        """Send once, and once more where the answer sends the call on; method, URL and base."""
        method, url, base = asked
        if self._limiter is not None and phase is Phase.API:
            self._limiter.acquire()
        parts = self._signed(parts)
        request = self._request(method, url, {"phase": phase, "attempt": attempt}, parts)
        try:
            # A client of httpx2 would add cookies, redirects and a second sign-in: none is wanted.
            response = self._transport.handle_request(request)
        except httpx2.RequestError:
            if self._limiter is not None and phase is Phase.API:
                self._limiter.learn(None, {})
            return Answer(self.exchanges[-1], None)
        answer = Answer(
            self.exchanges[-1],
            response.status_code,
            response.headers,
            response.extensions[BODY],
        )
        if self._limiter is not None and phase is Phase.API:
            refused = too_many(self.provider, answer.exchange)
            self._limiter.learn(answer.status, answer.headers, refused=refused)
        if phase is Phase.API and not followed:
            target = sent_on(self.provider, self.app, asked, response.status_code, answer.headers)
            if target is not None:
                again = (method, target, base)
                return self._once(again, phase, attempt, {**parts, "params": None}, followed=True)
        return answer

    def _signed(self, parts: Mapping[str, Any]) -> Mapping[str, Any]:
        key = parts["headers"].get(self.provider.idempotency_header)
        if self._signer is None or key is None or parts["content"] is None:
            return parts
        return {**parts, "headers": {**parts["headers"], **self._signer(key, parts["content"])}}

    def _request(
        self, method: str, url: str, known: Mapping[str, Any], parts: Mapping[str, Any]
    ) -> httpx2.Request:
        """The request; no step of it, and no answer, lasts longer than what is left for all."""
        extensions: dict[str, Any] = {"syncdoctor": known, "timeout": self._steps_s}
        if self._ends is not None:
            left = max(self._ends - time.monotonic(), SHORTEST_S)
            extensions["timeout"] = {name: min(s, left) for name, s in self._steps_s.items()}
            extensions[ENDS] = self._ends + SHORTEST_S
        return httpx2.Request(
            method,
            _parsed(url),
            **{**parts, "headers": {**_HEADERS, **self.provider.headers, **parts["headers"]}},
            extensions=extensions,
        )

    def _worth_another(self, answer: Answer, *, repeatable: bool) -> bool:
        if too_many(self.provider, answer.exchange):
            return self._limiter is not None and self._limiter.patient
        return repeatable and (answer.status is None or answer.status in PASSING)

    def _wait(self, answer: Answer, attempt: int) -> None:
        if too_many(self.provider, answer.exchange):
            return  # the limiter has learnt how long, and waits before the next request
        time.sleep(min(8.0, 0.25 * 2**attempt) * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
