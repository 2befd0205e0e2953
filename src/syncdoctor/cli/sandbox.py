"""``syncdoctor sandbox``: the embedded providers on loopback."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncdoctor.cli.common import Context, with_context
from syncdoctor.errors import CouldNotCheck, ExitCode, UsageError

if TYPE_CHECKING:
    from syncdoctor.sandbox.scenarios import Scenario
    from syncdoctor.sandbox.world import World

PORT = 8787


def attach(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(sandbox)


@with_context
def sandbox(
    ctx: Context,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")
    ] = PORT,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            "--fault", metavar="NAME[:KEY=VALUE,…]", help="Switch this fault on; repeatable."
        ),
    ] = None,
    scenario: Annotated[
        str | None, typer.Option("--scenario", metavar="NAME", help="Play this set of faults.")
    ] = None,
    running: Annotated[
        str | None,
        typer.Option(
            "--running", metavar="URL", help="Switch faults in a sandbox that runs already."
        ),
    ] = None,
    list_faults: Annotated[bool, typer.Option("--list-faults", help="List the faults.")] = False,
    list_scenarios: Annotated[
        bool, typer.Option("--list-scenarios", help="List the scenarios.")
    ] = False,
) -> int:
    """Serve stateful stand-ins for the providers on this machine, until Ctrl-C."""
    from syncdoctor.sandbox.scenarios import find, play
    from syncdoctor.sandbox.world import World

    faults = dict(_parse(text) for text in fault or ())
    if list_scenarios:
        return _list_scenarios(ctx)
    if scenario:
        _say_rest(ctx, find(scenario))
    if running:
        story = dict(find(scenario).faults) if scenario else {}
        return _switch(ctx, running, {**story, **faults}, clear=scenario is not None)
    world = World()
    if list_faults:
        return _list_faults(ctx, world)
    if scenario:
        play(world, scenario)
    for name, params in faults.items():
        world.switch_on(name, **params)
    return _serve(ctx, world, port)


def _say_rest(ctx: Context, story: Scenario) -> None:
    """What belongs to a scenario and lies not in the provider."""
    for command in story.runs:
        words = " ".join(command).replace("TARGET", "WORKSPACE/CONNECTION")
        ctx.err().print(f"To bring it about, then run: syncdoctor {words}", soft_wrap=True)
    if story.passes:
        ctx.err().print("After that switch the faults off: syncdoctor sandbox --running URL")
    for setting in story.unset:
        ctx.err().print(f"To bring it about, take the {setting} out of the workspace file.")


def _serve(ctx: Context, world: World, port: int) -> int:
    from syncdoctor.sandbox.server import serve

    try:
        serve(world, port, started=lambda url, served: _say_served(ctx, world, url, served))
    except KeyboardInterrupt:
        ctx.err().print("\nThe sandbox has stopped; all that it held is gone.")
        return int(ExitCode.INTERRUPTED)
    return int(ExitCode.OK)


def _say_served(
    ctx: Context, world: World, url: str, served: Mapping[str, Mapping[str, str]]
) -> None:
    commands = {name: _set_up(world, name, urls) for name, urls in served.items()}
    if ctx.json:
        ctx.print_document(
            "sandbox",
            url=url,
            providers={name: dict(urls) for name, urls in served.items()},
            faults=world.switchboard.active(),
            commands=[shlex.split(command) for command in commands.values()],
        )
        # Whoever started this reads the addresses while it goes on serving.
        sys.stdout.flush()
        return
    out = ctx.out()
    out.print(f"The sandbox serves {', '.join(served)} at {url}", highlight=False)
    for name in world.switchboard.active():
        out.print(f"  fault on: {name}", highlight=False)
    out.print("\nIn another terminal, register an app or a connection that points here:\n")
    for command in commands.values():
        # Printed as it is: a line that the terminal breaks could not be pasted.
        out.print(f"  {command}", soft_wrap=True, highlight=False, markup=False)
    for name in served:
        for note in world.room(name).provider.notes(url):
            out.print(f"\n{note}", soft_wrap=True, highlight=False, markup=False)
    out.print(f"\nSwitch faults with: syncdoctor sandbox --running {url} --fault NAME")
    out.print("Stop with Ctrl-C.")


def _set_up(world: World, name: str, urls: Mapping[str, str]) -> str:
    """The command that makes use of a room: an app, or a connection where there is no sign-in."""
    from syncdoctor.providers.common.embedded import EmbeddedWithoutSignIn
    from syncdoctor.sandbox.world import CLIENT_ID

    provider = world.room(name).provider
    if isinstance(provider, EmbeddedWithoutSignIn):
        return provider.set_up(urls["api"])
    redirect = world.room(name).facts.oauth.default_redirect
    command = ["syncdoctor", "app", "add", f"{name}-sandbox", "--provider", name]
    command += ["--client-id", CLIENT_ID, "--redirect-uri", redirect]
    if world.room(name).facts.oauth.pkce:
        command.append("--no-secret")  # else it is asked for, and the sandbox takes any
    for key, value in urls.items():
        command += ["--url", f"{key}={value}"]
    return shlex.join(command)


def _list_faults(ctx: Context, world: World) -> int:
    specs = world.switchboard.specs.values()
    rows = [(spec.name, spec.summary, dict(spec.params)) for spec in specs]
    if ctx.json:
        faults = [{"name": n, "summary": s, "params": p} for n, s, p in rows]
        ctx.print_document("sandbox.faults", faults=faults)
        return int(ExitCode.OK)
    shown = [(name, summary, _shown(params)) for name, summary, params in rows]
    return _table(ctx, ("Fault", "What happens", "Settings"), shown)


def _list_scenarios(ctx: Context) -> int:
    from syncdoctor.sandbox.scenarios import SCENARIOS

    if ctx.json:
        stories = [
            {"name": n, "summary": s.summary, "faults": {k: dict(v) for k, v in s.faults.items()}}
            for n, s in SCENARIOS.items()
        ]
        ctx.print_document("sandbox.scenarios", scenarios=stories)
        return int(ExitCode.OK)
    shown = [(name, story.summary, ", ".join(story.faults)) for name, story in SCENARIOS.items()]
    return _table(ctx, ("Scenario", "What happened", "Faults"), shown)


def _table(ctx: Context, headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> int:
    from rich.table import Table

    table = Table()
    for heading in headings:
        table.add_column(heading, no_wrap=heading == headings[0])
    for row in rows:
        table.add_row(*row)
    ctx.out().print(table)
    return int(ExitCode.OK)


def _shown(params: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={json.dumps(value)}" for key, value in params.items())


def _parse(text: str) -> tuple[str, dict[str, Any]]:
    name, _, settings = text.partition(":")
    params: dict[str, Any] = {}
    for pair in filter(None, settings.split(",")):
        key, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(
                f"--fault {text}: {pair!r} is not KEY=VALUE.",
                "syncdoctor sandbox --list-faults",
            )
        params[key] = _value(value)
    return name, params


def _value(text: str) -> Any:
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        return text
    # Account codes are text, and 090 would lose its nought.
    return value if isinstance(value, bool | int | float) and text == json.dumps(value) else text


def _switch(ctx: Context, url: str, faults: Mapping[str, Mapping[str, Any]], *, clear: bool) -> int:
    import httpx2

    base = url.rstrip("/") + "/_sandbox/faults"
    try:
        with httpx2.Client(trust_env=False, timeout=10) as client:
            if clear or not faults:
                client.delete(base).raise_for_status()
            for name, params in faults.items():
                answer = client.post(f"{base}/{name}", json=dict(params))
                if answer.status_code == httpx2.codes.BAD_REQUEST:
                    told = answer.json()
                    raise UsageError(told["error"], told["hint"])
                answer.raise_for_status()
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise CouldNotCheck(
            f"No sandbox answers at {url}: {type(error).__name__}.", "syncdoctor sandbox"
        ) from None
    active = ", ".join(faults) or "none"
    if ctx.json:
        ctx.print_document("sandbox.faults", switched_on=list(faults))
    else:
        ctx.err().print(f"Faults switched on at {url}: {active}", highlight=False)
    return int(ExitCode.OK)
