"""``syncdoctor app``: the OAuth clients with which connections are authorised."""

from __future__ import annotations

from functools import partial
from typing import Annotated
from urllib.parse import urlsplit

import typer

from syncdoctor import redact
from syncdoctor.cli.common import Context, with_context
from syncdoctor.cli.secret_input import read_secret
from syncdoctor.config import stand_in_hosts
from syncdoctor.config_tables import LOOPBACK, URL_NAMES, check_redirect, check_url
from syncdoctor.engine.environment import world
from syncdoctor.errors import Cancelled, Guarded, UsageError
from syncdoctor.model import App

SECRET_FLAG = "--secret-file"  # noqa: S105 - the name of an option
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
    _check_users(ctx, app)
    secret = None if no_secret else _secret(ctx, secret_file)
    vault = ctx.open_vault()
    if secret:
        vault.put(f"app/{name}", secret)
    else:
        vault.delete(f"app/{name}")
    path = ctx.config.save_app(app)
    next_command = f"syncdoctor connection add WORKSPACE/{provider} --app {name}"
    if ctx.json:
        ctx.print_document("app", app=_document(app), file=str(path))
    else:
        ctx.err().print(f"App {name} is kept in {path}; next: {next_command}")


@group.command("list")
@with_context
def list_apps(ctx: Context) -> None:
    """Show every app; secrets are never shown."""
    apps = ctx.config.apps()
    if ctx.json:
        documents = [_document(app) for app in apps.values()]
        ctx.print_document("apps", apps=documents)
        return
    if not apps:
        ctx.err().print("There is no app yet: syncdoctor app add xero --client-id ID")
        return
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, header_style="heading")
    for column in ("Name", "Provider", "Environment", "Client id"):
        table.add_column(column, overflow="fold")
    for app in apps.values():
        table.add_row(app.name, app.provider, _environment(app), app.client_id)
    ctx.out().print(table)
    for app in apps.values():
        _print_addresses(ctx, app)


@group.command("remove")
@with_context
def remove(
    ctx: Context,
    name: Annotated[str, typer.Argument(help="The app's name.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Take an app and its secret away; refused while a connection uses it."""
    config = ctx.config
    app = config.app(name)
    users = [c.target for c in config.resolve(None) if c.app == name]
    if users:
        raise UsageError(
            f"App {name} is used by {', '.join(users)}.", f"syncdoctor connection remove {users[0]}"
        )
    if not yes and not ctx.confirm(f"Remove app {name} and its secret?", "--yes"):
        raise Cancelled("Nothing was removed.")
    ctx.open_vault().delete(f"app/{name}")
    config.remove_app(name)
    if ctx.json:
        ctx.print_document("app", app=_document(app), removed=True)
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
    if app.redirect_uri is not None:
        check_redirect(app.redirect_uri, partial(_wrong_redirect, app.redirect_uri))
    for name, url in app.urls.items():
        if name not in URL_NAMES:
            raise UsageError(f"--url {name}: there are {', '.join(URL_NAMES)}.")
        check_url(url, partial(_wrong_url, name))


def _wrong_url(name: str, problem: str) -> UsageError:
    return UsageError(f"--url {name}: {problem}")


def _wrong_redirect(uri: str, problem: str) -> UsageError:
    return UsageError(f"--redirect-uri {uri}: {problem}", "--redirect-uri URL")


def _check_users(ctx: Context, app: App) -> None:
    """Refuse to make of an app one of another provider, while a connection uses it.

    Raises:
        Guarded: the connection would be left without the app and the secret that it needs.
    """
    before = ctx.config.apps().get(app.name)
    if before is None or before.provider == app.provider:
        return
    users = [c.target for c, _ in ctx.places(None) if c.app == app.name]
    if users:
        raise Guarded(
            f"App {app.name} is one of {before.provider}, and {', '.join(users)} uses it.",
            f"Take another name: syncdoctor app add NAME --provider {app.provider}",
        )


def _secret(ctx: Context, file: str | None) -> str | None:
    if file is None and not ctx.may_ask:
        raise UsageError(
            "The client secret is needed.", f"Give it with {SECRET_FLAG} FILE, or --no-secret."
        )
    if file is not None:
        return read_secret(ctx, file, "client secret", SECRET_FLAG)
    question = "Client secret (empty for a PKCE app)"
    secret: str = typer.prompt(
        question, default="", hide_input=True, show_default=False, err=True
    ).strip()
    redact.remember(secret)
    return secret or None


def _environment(app: App) -> str:
    """The provider's world that an app is of, or whose addresses it has instead."""
    loopback = any(urlsplit(url).hostname in LOOPBACK for url in app.urls.values())
    here = "own URLs" if app.urls else "live"
    return app.environment or ("stand-in" if loopback else here)


def _print_addresses(ctx: Context, app: App) -> None:
    """The addresses that an app has of its own, a line for each, which a terminal does not cut."""
    own = {"redirect": app.redirect_uri} if app.redirect_uri else {}
    for name, url in {**own, **app.urls}.items():
        ctx.out().print(f"{app.name}: {name} {url}", soft_wrap=True, highlight=False, markup=False)
    from syncdoctor.render.terminal import stand_ins

    for line in stand_ins(stand_in_hosts(app)):
        ctx.out().print(line, soft_wrap=True)


def _document(app: App) -> dict[str, object]:
    return {
        "name": app.name,
        "provider": app.provider,
        "environment": app.environment,
        "client_id": app.client_id,
        "redirect_uri": app.redirect_uri,
        "scopes": list(app.scopes),
        "urls": dict(app.urls),
        "stand_in_hosts": list(stand_in_hosts(app)),
    }
