"""The control API of the sandbox, for other processes: faults, the clock, counts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from syncdoctor.errors import UsageError
from syncdoctor.sandbox.world import World

Handler = Callable[[Request], Awaitable[Response]]


def routes(world: World) -> list[Route]:
    """Everything below ``/_sandbox``."""
    return [
        Route("/_sandbox/faults", _faults(world), methods=["GET", "DELETE"]),
        Route("/_sandbox/faults/{name}", _fault(world), methods=["POST", "DELETE"]),
        Route("/_sandbox/state", _state(world), methods=["GET"]),
        Route("/_sandbox/requests", _requests(world), methods=["GET", "DELETE"]),
        Route("/_sandbox/clock", _clock(world), methods=["GET", "POST"]),
    ]


def _json(value: Any, status: int = 200) -> Response:
    content = orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    return Response(content, status, media_type="application/json")


async def _object(request: Request) -> dict[str, Any]:
    body = await request.body()
    try:
        value = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError:
        raise UsageError("The body of the request is no JSON.") from None
    if not isinstance(value, dict):
        raise UsageError("The body of the request is no JSON object.")
    return value


def _told(handler: Handler) -> Handler:
    """Turn wrong usage into 400 with the same words that the command line shows."""

    async def told(request: Request) -> Response:
        try:
            return await handler(request)
        except UsageError as error:
            return _json({"error": error.message, "hint": error.hint}, 400)

    return told


def _faults(world: World) -> Handler:
    async def faults(request: Request) -> Response:
        with world.lock:
            if request.method == "DELETE":
                world.switchboard.clear()
            active = world.switchboard.active()
        known = {name: spec.summary for name, spec in world.switchboard.specs.items()}
        return _json({"on": active, "known": known})

    return faults


def _fault(world: World) -> Handler:
    async def fault(request: Request) -> Response:
        name = request.path_params["name"]
        if request.method == "DELETE":
            return _json({"name": name, "was_on": world.switch_off(name)})
        active = world.switch_on(name, **await _object(request))
        return _json({"name": name, "params": dict(active.params)})

    return _told(fault)


def _state(world: World) -> Handler:
    async def state(request: Request) -> Response:
        del request
        return _json(dict(world.state()))

    return state


def _requests(world: World) -> Handler:
    async def requests(request: Request) -> Response:
        if request.method == "DELETE":
            world.forget_requests()
        return _json(world.requests())

    return requests


def _clock(world: World) -> Handler:
    async def clock(request: Request) -> Response:
        wanted = await _object(request) if request.method == "POST" else {}
        with world.lock:
            try:
                if "now" in wanted:
                    moment = datetime.fromisoformat(wanted["now"])
                    world.clock.advance((moment - world.clock.now()).total_seconds())
                if "advance_s" in wanted:
                    world.clock.advance(float(wanted["advance_s"]))
            except (TypeError, ValueError, OverflowError):
                raise UsageError(
                    "Give advance_s in seconds, or now as ISO 8601 with a time zone."
                ) from None
            return _json({"now": world.clock.now().isoformat()})

    return _told(clock)
