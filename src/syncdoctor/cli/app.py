"""``syncdoctor app``: the OAuth clients with which connections are authorised."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from syncdoctor import redact
from syncdoctor.cli.common import Context, with_context
from syncdoctor.engine.environment import world
from syncdoctor.errors import Cancelled, UsageError
from syncdoctor.model import App

group = typer.Typer(no_args_is_help=True, help="The OAuth clients that connections sign in with.")


def attach(app: typer.Typer) -> None:
    """Add the group of commands."""
    app.add_typer(group, name="app")


@group.command("add")
@with_context
def add(
    ctx: Context,
    name: Annotated[str, typer.Argument(help="A name for the app, e.g. xero.")],
    provider: Annotated[str | None, typer.Option("--provider", help="Provider, e.g. xero.")] = None,
    client_id: Annotated[str | None, typer.Option("--client-id", help="The client id.")] = None,
    secret_file: Annotated[
        str | None,
        typer.Option("--secret-file", metavar="FILE", help="Read the client secret; - is stdin."),
    ] = None,
    no_secret: Annotated[
        bool, typer.Option("--no-secret", help="A PKCE app, which has no secret.")
    ] = False,
    redirect_uri: Annotated[
        str | None, typer.Option("--redirect-uri", help="As registered at the provider.")
    ] = None,
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="Ask for this scope instead; repeatable.")
    ] = None,
    environment: Annotated[
        str | None,
        typer.Option("--environment", help="The provider's world that it is of, e.g. sandbox."),
    ] = None,
    url: Annotated[
        list[str] | None,
        typer.Option(
            "--url", metavar="NAME=URL", help="Override a provider URL (authorize, token, api …)."
        ),
    ] = None,
) -> None:
    """Register an app; its secret goes to the token store, never to a file or an argument."""
    known = ctx.catalogue.providers
    if provider is None and name in known:
        provider = name
    provider = provider or ctx.ask("Provider", "--provider")
    if provider not in known:
        raise UsageError(
            f"There is no provider {provider!r}.", f"Take one of: {', '.join(sorted(known))}."
        )
    client_id = client_id or ctx.ask("Client id", "--client-id")
    if environment is not None:
        world(known[provider], environment)
    scopes = tuple(scope or ())
    app = App(
        name, provider, client_id, redirect_uri, scopes, _urls(url or []), environment=environment
    )
    _check_urls(app)
    secret = None if no_secret else _secret(ctx, secret_file)
    redact.remember(secret)
    vault = ctx.open_vault()
    if secret:
        vault.put(f"app/{name}", secret)
    else:
        vault.delete(f"app/{name}")
    path = ctx.config.save_app(app)
    next_command = f"syncdoctor connection add WORKSPACE/{provider} --app {name}"
    if ctx.json:
        ctx.print_json({"schema": "syncdoctor.app/1", "app": _document(app), "file": str(path)})
    else:
        ctx.err().print(f"App {name} is kept in {path}; next: {next_command}")


@group.command("list")
@with_context
def list_apps(ctx: Context) -> None:
    """Show every app; secrets are never shown."""
    apps = ctx.config.apps()
    if ctx.json:
        documents = [_document(app) for app in apps.values()]
        ctx.print_json({"schema": "syncdoctor.apps/1", "apps": documents})
        return
    if not apps:
        ctx.err().print("There is no app yet: syncdoctor app add xero --client-id ID")
        return
    from rich.table import Table

    own = "URLs in place of the provider's"
    table = Table("Name", "Provider", "Environment", "Client id", "Redirect", own)
    for app in apps.values():
        urls = ", ".join(f"{k}={v}" for k, v in app.urls.items())
        world_of = app.environment or "live"
        redirect = app.redirect_uri or ""
        table.add_row(app.name, app.provider, world_of, app.client_id, redirect, urls)
    ctx.out().print(table)


@group.command("remove")
@with_context
def remove(
    ctx: Context,
    name: Annotated[str, typer.Argument(help="The app's name.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Take an app and its secret away; refused while a connection uses it."""
    config = ctx.config
    config.app(name)
    users = [c.target for c in config.resolve(None) if c.app == name]
    if users:
        raise UsageError(
            f"App {name} is used by {', '.join(users)}.", f"syncdoctor connection remove {users[0]}"
        )
    if not yes and not ctx.confirm(f"Remove app {name} and its secret?", "--yes"):
        raise Cancelled("Nothing was removed.")
    ctx.open_vault().delete(f"app/{name}")
    config.remove_app(name)
    ctx.err().print(f"App {name} is removed.")


def _urls(pairs: list[str]) -> dict[str, str]:
    urls = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"--url {pair}: it is written NAME=URL, e.g. api=https://….")
        urls[name] = value
    return urls


def _check_urls(app: App) -> None:
    from syncdoctor.config_tables import URL_NAMES, check_url

    for name, url in app.urls.items():
        if name not in URL_NAMES:
            raise UsageError(f"--url {name}: there are {', '.join(URL_NAMES)}.")
        check_url(url, partial(_wrong_url, name))


def _wrong_url(name: str, problem: str) -> UsageError:
    return UsageError(f"--url {name}: {problem}")


def _secret(ctx: Context, file: str | None) -> str | None:
    if file == "-" and sys.stdin is None:
        raise UsageError("There is no client secret on stdin: it is closed.", "--secret-file FILE")
    if file == "-":
        return sys.stdin.readline().strip() or None
    if file is not None:
        try:
            return Path(file).expanduser().read_text(encoding="utf-8").strip() or None
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"--secret-file {file}: cannot be read ({error}).") from None
    if not ctx.may_ask:
        raise UsageError(
            "The client secret is needed.", "Give it with --secret-file FILE, or --no-secret."
        )
    return ctx.ask("Client secret (empty for a PKCE app)", "--secret-file", hide=True) or None


def _document(app: App) -> dict[str, object]:
    return {
        "name": app.name,
        "provider": app.provider,
        "environment": app.environment,
        "client_id": app.client_id,
        "redirect_uri": app.redirect_uri,
        "scopes": list(app.scopes),
        "urls": dict(app.urls),
    }
