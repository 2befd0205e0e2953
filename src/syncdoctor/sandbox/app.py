"""The sandbox as one ASGI application: each provider under its own prefix."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, MutableMapping
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from syncdoctor.providers.common.embedded import Allowance, Bearer, Call, Reply
from syncdoctor.sandbox import consent, control
from syncdoctor.sandbox.faults import FaultView
from syncdoctor.sandbox.wire import Dropped, form_of, to_response
from syncdoctor.sandbox.world import Room, World

READING = ("GET", "HEAD")
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
# Names in a path that are one record's, so that the log counts end points and not records.
_RECORD = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<=/)\d+(?=/|$)", re.IGNORECASE
)
LOOPBACK = ["127.0.0.1", "localhost", "[::1]", "::1"]


def build(world: World) -> Starlette:
    """The application that serves a world."""
    routes: list[Route | Mount] = [Route("/", _index(world)), *control.routes(world)]
    for name, room in world.rooms.items():
        door = _Door(world, room)
        routes.append(Route(f"/{name}/{{path:path}}", door, methods=METHODS))
    # Only loopback names are answered: a web page must not reach the sandbox by DNS rebinding.
    return Starlette(
        routes=routes, middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=LOOPBACK)]
    )


def _index(world: World) -> Any:
    async def index(request: Request) -> Response:
        base = str(request.base_url).rstrip("/")
        served = {name: room.urls(base) for name, room in world.rooms.items()}
        return Response(orjson.dumps({"providers": served}), media_type="application/json")

    return index


class _Door:
    """Everything below one provider's prefix."""

    def __init__(self, world: World, room: Room) -> None:
        self.world = world
        self.room = room

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        path, method = request.url.path, request.method
        door = self.room.door(path)
        view = self.world.switchboard.view(self.room.provider.id, door, method, path)
        logged = _RECORD.sub("{id}", path)
        try:
            response = await self._answer(request, door, view)
        except Dropped:
            self.world.count(method, logged, 0)
            await _hang_up(scope, receive)
            return
        self.world.count(method, logged, response.status_code)
        await response(scope, receive, send)

    async def _answer(self, request: Request, door: str, view: FaultView) -> Response:
        body = await request.body()
        bearer, key = self._identify(request, view, body)
        try:
            crowded = key is not None and not self.room.limiter.enter(key)
            if slow := view.on("slow"):
                await asyncio.sleep(float(slow.params["seconds"]))
            with self.world.lock:
                if view.on("drop-connection"):
                    raise Dropped
                return self._judge(request, body, door, view, bearer, key, crowded=crowded)
        finally:
            if key is not None:
                self.room.limiter.leave(key)

    def _identify(
        self, request: Request, view: FaultView, body: bytes
    ) -> tuple[Bearer, str | None]:
        if view.door not in ("api", "connections"):
            return Bearer("missing"), None
        with self.world.lock:
            now = self.world.clock.now()
            header = request.headers.get("authorization", "")
            bearer = self.room.oauth.bearer(header, view, now)
            return bearer, self.room.provider.limit_key(self._call(request, body, bearer, view))

    def _judge(
        self,
        request: Request,
        body: bytes,
        door: str,
        view: FaultView,
        bearer: Bearer,
        key: str | None,
        *,
        crowded: bool,
    ) -> Response:
        call = self._call(request, body, bearer, view)
        for fault in ("provider-down", "server-error", "html-error-page"):
            if view.on(fault):
                return to_response(self.room.provider.broken(fault))
        if door == "authorize":
            return consent.page(self.world, self.room, request, body, view)
        if door in ("token", "revoke"):
            return self._oauth(door, request, body, view)
        if door == "status":
            return self._status_page(request)
        return self._api(call, view, key, crowded=crowded)

    def _status_page(self, request: Request) -> Response:
        """A hosted status page: for people, and below api/v2/status.json for programs."""
        active = self.world.switchboard.active()
        provider = self.room.provider
        down = any(
            name in active and active[name].get("provider", provider.id) == provider.id
            for name in ("provider-down", "server-error")
        )
        indicator = "major" if down else "none"
        words = "Partial System Outage" if down else "All Systems Operational"
        if not request.url.path.endswith("/api/v2/status.json"):
            return Response(words, media_type="text/plain")
        page = {"id": "sandbox", "name": provider.id, "url": str(request.url)}
        told = {"page": page, "status": {"indicator": indicator, "description": words}}
        return Response(orjson.dumps(told), media_type="application/json")

    def _oauth(self, door: str, request: Request, body: bytes, view: FaultView) -> Response:
        if request.method != "POST":
            return Response(status_code=405, headers={"allow": "POST"})
        form, authorization = form_of(body), request.headers.get("authorization", "")
        if door == "revoke":
            answer = self.room.oauth.revoke(form, authorization)
        else:
            answer = self.room.oauth.token(form, authorization, view, self.world.clock.now())
            if answer.status == 200 and view.on("token-answer-lost"):  # noqa: PLR2004
                raise Dropped
        status, told = self.room.provider.token_answer(answer.status, answer.body)
        content = orjson.dumps(told) if told else b""
        return Response(content, status, dict(answer.headers), media_type="application/json")

    def _api(self, call: Call, view: FaultView, key: str | None, *, crowded: bool) -> Response:
        provider = self.room.provider
        if key is None:
            return self._finish(provider.handle(call), view, call)
        allowance = self._admit(call, view, key, crowded=crowded)
        headers = provider.limit_headers(allowance)
        if allowance.problem:
            return to_response(provider.limited(allowance), headers)
        return self._finish(provider.handle(call), view, call, headers)

    def _admit(self, call: Call, view: FaultView, key: str, *, crowded: bool) -> Allowance:
        limiter = self.room.limiter
        if crowded:
            return Allowance(0, 0, 0, "concurrent", 1)
        limits = limiter.limits
        for problem, there_is in (
            ("day", limits.per_day is not None),
            ("hour", limits.per_hour is not None),
            ("minute", True),
        ):
            if there_is and (fault := view.on(f"rate-limit-{problem}")):
                minute, day = limits.per_minute or 0, limits.per_day or 0
                left = (0, day) if problem == "minute" else (minute, 0)
                return Allowance(*left, 9_999, problem, int(fault.params["retry_after"]))
        return limiter.admit(key, call.bearer.client_id, call.now)

    def _finish(
        self, reply: Reply, view: FaultView, call: Call, headers: Mapping[str, str] | None = None
    ) -> Response:
        if call.method not in READING and reply.status < 300 and view.on("lost-answer"):  # noqa: PLR2004
            raise Dropped
        if len(reply.body) > 1 and view.on("malformed-json"):
            reply = Reply(reply.status, reply.body[: len(reply.body) // 2], reply.headers)
        return to_response(reply, headers)

    def _call(self, request: Request, body: bytes, bearer: Bearer, view: FaultView) -> Call:
        return Call(
            method=request.method,
            path=request.url.path.removeprefix(self.room.prefix),
            query=dict(request.query_params),
            headers=dict(request.headers),
            body=body,
            bearer=bearer,
            faults=view,
            now=self.world.clock.now(),
        )


async def _hang_up(scope: MutableMapping[str, Any], receive: Any) -> None:
    """Close the connection under the client, and wait until that is done."""
    scope["state"]["hang_up"]()
    while (await receive())["type"] != "http.disconnect":
        pass
