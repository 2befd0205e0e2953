"""Authlib's own authorisation server on loopback, as a judge of how syncdoctor signs in.

usage: python authlib_server.py REDIRECT_URI SECRET

One line of JSON with its URLs is printed once it listens; it ends when its input does. Tokens
rotate; a refresh token that comes a second time ends its family (RFC 9700 section 4.14.2).
"""

from __future__ import annotations

import hmac
import json
import sys
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from authlib.common.security import generate_token
from authlib.oauth2.rfc6749 import AuthorizationServer, JsonRequest, OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, RefreshTokenGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from authlib.oauth2.rfc8628 import (
    DeviceAuthorizationEndpoint,
    DeviceCodeGrant,
    DeviceCredentialDict,
)

SCOPES = ("offline_access", "accounting")
METHODS = ["client_secret_basic", "client_secret_post", "none"]
USER = "ana"
Response = tuple[int, Any, Any]


@dataclass
class Client:
    """A registered client: Authlib's ``ClientMixin``."""

    client_id: str
    secret: str
    method: str
    redirect_uri: str

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_allowed_scope(self, scope: str | None) -> str:
        return " ".join(s for s in (scope or "").split() if s in SCOPES)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        if self.method == "none":  # any port of the loopback address: RFC 8252 section 7.3
            parts = urlsplit(redirect_uri)
            return (parts.scheme, parts.hostname, parts.path) == ("http", "127.0.0.1", "/callback")
        return redirect_uri == self.redirect_uri

    def check_client_secret(self, client_secret: str) -> bool:
        return hmac.compare_digest(client_secret, self.secret)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == self.method or endpoint == "introspection"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type != "implicit"


@dataclass
class Issued:
    """A pair of tokens: Authlib's ``TokenMixin``. ``family`` is the consent that it came from."""

    access_token: str
    refresh_token: str
    client_id: str
    scope: str
    expires_in: int
    family: str
    issued: float = field(default_factory=time.time)
    revoked: bool = False
    spent: bool = False

    def check_client(self, client: Client) -> bool:
        return client.client_id == self.client_id

    def get_scope(self) -> str:
        return self.scope

    def get_expires_in(self) -> int:
        return self.expires_in

    def is_expired(self) -> bool:
        return time.time() > self.issued + self.expires_in

    def is_revoked(self) -> bool:
        return self.revoked


@dataclass
class Code:
    """An authorisation code: Authlib's ``AuthorizationCodeMixin``."""

    code: str
    client_id: str
    redirect_uri: str
    scope: str
    code_challenge: str
    code_challenge_method: str

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope


@dataclass
class Memory:
    """Everything that the server remembers."""

    clients: dict[str, Client] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    tokens: list[Issued] = field(default_factory=list)
    devices: dict[str, Any] = field(default_factory=dict)
    decisions: dict[str, tuple[str, bool]] = field(default_factory=dict)

    def token(self, value: str) -> Issued | None:
        return next((t for t in self.tokens if value in (t.access_token, t.refresh_token)), None)

    def end(self, family: str) -> None:
        for token in self.tokens:
            token.revoked = token.revoked or token.family == family


class Request(OAuth2Request):  # type: ignore[misc]
    """A request as Authlib takes it."""

    def __init__(self, method: str, uri: str, headers: Any, form: dict[str, str]) -> None:
        super().__init__(method, uri, headers=headers)
        query = {name: values[0] for name, values in parse_qs(urlsplit(uri).query).items()}
        self._args, self._form = query, form
        self.payload = BasicOAuth2Payload({**query, **form})

    @property
    def args(self) -> dict[str, str]:
        return self._args

    @property
    def form(self) -> dict[str, str]:
        return self._form


class Server(AuthorizationServer):  # type: ignore[misc]
    """Authlib's server over :class:`Memory`."""

    def __init__(self, memory: Memory) -> None:
        super().__init__(scopes_supported=SCOPES)
        self.memory = memory

    def query_client(self, client_id: str) -> Client | None:
        return self.memory.clients.get(client_id)

    def save_token(self, token: dict[str, Any], request: Request) -> None:
        before = request.refresh_token
        self.memory.tokens.append(
            Issued(
                token["access_token"],
                token["refresh_token"],
                request.client.client_id,
                token.get("scope", ""),
                token["expires_in"],
                before.family if before else generate_token(8),
            )
        )

    def create_oauth2_request(self, request: Request) -> Request:
        return request

    def create_json_request(self, request: Request) -> JsonRequest:
        return JsonRequest(request.method, request.uri, request.headers)

    def handle_response(self, status: int, body: Any, headers: Any) -> Response:
        return status, body, headers

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""


class Codes(AuthorizationCodeGrant):  # type: ignore[misc]
    """Codes that can be used once."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def save_authorization_code(self, code: str, request: Request) -> None:
        data = request.payload.data
        self.server.memory.codes[code] = Code(
            code,
            request.client.client_id,
            data["redirect_uri"],
            request.scope or "",
            data["code_challenge"],
            data["code_challenge_method"],
        )

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        kept: Code | None = self.server.memory.codes.get(code)
        return kept if kept and kept.client_id == client.client_id else None

    def delete_authorization_code(self, authorization_code: Code) -> None:
        del self.server.memory.codes[authorization_code.code]

    def authenticate_user(self, authorization_code: Code) -> str:
        del authorization_code
        return USER


class Refreshes(RefreshTokenGrant):  # type: ignore[misc]
    """Rotation with reuse detection."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Issued | None:
        memory = self.server.memory
        token: Issued | None = memory.token(refresh_token)
        if token is None or token.refresh_token != refresh_token:
            return None
        if token.spent:
            memory.end(token.family)
        return None if token.revoked else token

    def authenticate_user(self, refresh_token: Issued) -> str:
        del refresh_token
        return USER

    def revoke_old_credential(self, refresh_token: Issued) -> None:
        refresh_token.spent = True


class Devices(DeviceCodeGrant):  # type: ignore[misc]
    """Codes that are typed in on another device."""

    def query_device_credential(self, device_code: str) -> DeviceCredentialDict | None:
        return self.server.memory.devices.get(device_code)

    def query_user_grant(self, user_code: str) -> tuple[str, bool] | None:
        decision: tuple[str, bool] | None = self.server.memory.decisions.get(user_code)
        return decision

    def should_slow_down(self, credential: DeviceCredentialDict) -> bool:
        """Once, so that the client's answer to it is seen."""
        credential["asked"] = credential.get("asked", 0) + 1
        return bool(credential["asked"] == 1)


class DeviceStart(DeviceAuthorizationEndpoint):  # type: ignore[misc]
    """Begins the sign-in on another device."""

    INTERVAL = 1

    def get_verification_uri(self) -> str:
        return f"{self.server.issuer}/activate"

    def save_device_credential(self, client_id: str, scope: str, data: dict[str, Any]) -> None:
        kept = DeviceCredentialDict(
            client_id=client_id,
            scope=scope,
            user_code=data["user_code"],
            expires_at=time.time() + data["expires_in"],
        )
        self.server.memory.devices[data["device_code"]] = kept


class Revocations(RevocationEndpoint):  # type: ignore[misc]
    """Ends the family of a token."""

    CLIENT_AUTH_METHODS = METHODS

    def query_token(self, token_string: str, token_type_hint: str | None) -> Issued | None:
        del token_type_hint
        found: Issued | None = self.server.memory.token(token_string)
        return found

    def revoke_token(self, token: Issued, request: Request) -> None:
        del request
        self.server.memory.end(token.family)


class Introspections(IntrospectionEndpoint):  # type: ignore[misc]
    """Says whether a token is good."""

    CLIENT_AUTH_METHODS = METHODS

    def query_token(self, token_string: str, token_type_hint: str | None) -> Issued | None:
        del token_type_hint
        found: Issued | None = self.server.memory.token(token_string)
        return found

    def check_permission(self, token: Issued, client: Client, request: Request) -> bool:
        del token, client, request
        return True

    def introspect_token(self, token: Issued) -> dict[str, Any]:
        return {"active": not token.spent, "scope": token.scope, "client_id": token.client_id}


def build(redirect_uri: str, secret: str) -> Server:
    """The server with its clients, grants and end points."""
    memory = Memory()
    for client_id, method in zip(("basic", "body", "public"), METHODS, strict=True):
        memory.clients[client_id] = Client(client_id, secret, method, redirect_uri)
    server = Server(memory)

    def opaque(**given: Any) -> str:
        del given
        return str(generate_token(42))

    server.register_token_generator("default", BearerTokenGenerator(opaque, opaque, 1800))
    server.register_grant(Codes, [CodeChallenge(required=True)])
    for grant in (Refreshes, Devices):
        server.register_grant(grant)
    for end_point in (DeviceStart, Revocations, Introspections):
        server.register_endpoint(end_point)
    return server


PAGE = (
    '<!doctype html><form method="post"><input name="user_code"><input type="hidden" '
    'name="confirm" value="yes"><button>Allow</button></form>'
)
LINKS = [
    {
        "id": "link-1",
        "tenantId": "tenant-1",
        "tenantName": "Judged Ltd",
        "tenantType": "ORGANISATION",
    }
]


class Handler(BaseHTTPRequestHandler):
    """The routes."""

    oauth: Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is inherited
        """Nothing is logged."""

    def do_GET(self) -> None:
        if self.path != "/connections":
            self._answer(200, PAGE, [("Content-Type", "text/html")])
            return
        bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
        token = self.oauth.memory.token(bearer)
        good = token is not None and not token.revoked and token.access_token == bearer
        refusal = {"Title": "Unauthorized", "Status": 401, "Detail": "AuthenticationUnsuccessful"}
        self._answer(200 if good else 401, LINKS if good else refusal, [])

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        form = {k: v[0] for k, v in parse_qs(self.rfile.read(length).decode()).items()}
        request = Request("POST", self.oauth.issuer + self.path, self.headers, form)
        route = urlsplit(self.path).path
        if route == "/authorize":
            self._answer(*self._decide(request))
        elif route == "/token":
            self._answer(*self.oauth.create_token_response(request))
        elif route == "/activate":
            self.oauth.memory.decisions[form["user_code"]] = (USER, form.get("confirm") == "yes")
            self._answer(200, "Done.", [("Content-Type", "text/html")])
        else:
            name = {"/revoke": "revocation", "/device": "device_authorization"}.get(
                route, "introspection"
            )
            self._answer(*self.oauth.create_endpoint_response(name, request))

    def _decide(self, request: Request) -> Response:
        """What the person at the consent page decided, as a redirect."""
        allowed = request.form.get("confirm") == "yes"
        asked = Request("GET", request.uri, request.headers, {})
        try:
            grant = self.oauth.get_consent_grant(asked, USER)
        except OAuth2Error as error:
            answer: Response = self.oauth.handle_error_response(asked, error)
            return answer
        decided: Response = self.oauth.create_authorization_response(
            asked, grant_user=USER if allowed else None, grant=grant
        )
        return decided

    def _answer(self, status: int, body: Any, headers: Any) -> None:
        content = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def main() -> None:
    """Serve until the input ends."""
    server = build(*sys.argv[1:3])
    Handler.oauth = server
    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.issuer = f"http://127.0.0.1:{http.server_address[1]}"
    names = ("authorize", "token", "revoke", "device", "introspect", "connections")
    print(json.dumps({name: f"{server.issuer}/{name}" for name in names}), flush=True)  # noqa: T201
    threading.Thread(target=http.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
