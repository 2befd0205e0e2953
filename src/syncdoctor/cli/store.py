"""``syncdoctor store``: where tokens are kept, whether they can be, and moving them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from syncdoctor.cli.common import Context, with_context
from syncdoctor.errors import StoreError, UsageError

if TYPE_CHECKING:
    from syncdoctor.auth.vault import Vault

group = typer.Typer(no_args_is_help=True, help="Where tokens are kept.")


def attach(app: typer.Typer) -> None:
    """Add the group of commands."""
    app.add_typer(group, name="store")


@group.command("status")
@with_context
def status(ctx: Context) -> None:
    """Show which store is used and what is in it; never a value."""
    vault = ctx.open_vault()
    entries = list(vault.keys())
    if ctx.json:
        ctx.print_document("store", store=vault.describe(), entries=entries)
        return
    ctx.out().print(f"Tokens are kept in: {vault.describe()}", soft_wrap=True)
    for name in entries:
        ctx.out().print(f"  {name}", soft_wrap=True)
    if not entries:
        ctx.out().print("  (nothing yet)")


@group.command("check")
@with_context
def check(ctx: Context) -> None:
    """Prove that the store keeps a value as large as a token, and that every entry is readable."""
    vault = ctx.open_vault()
    vault.check()
    names = vault.keys()
    damaged = [name for name in names if ".damaged-" not in name and not _readable(vault, name)]
    if damaged:
        raise StoreError(
            f"{vault.describe()}: damaged entries: {', '.join(damaged)}.",
            "Reconnect their connections (syncdoctor connection list shows which uid is whose).",
        )
    if ctx.json:
        ctx.print_document("store-check", store=vault.describe(), ok=True)
    line = f"{vault.describe()}: works; {len(names)} entries are readable."
    ctx.err().print(line, soft_wrap=True)


@group.command("move")
@with_context
def move(
    ctx: Context,
    to: Annotated[
        str, typer.Option("--to", metavar="file|keyring", help="keyring, file or file:/path")
    ],
) -> None:
    """Move every entry to another store; the old place is wiped when the new one is proven."""
    from syncdoctor.auth.vault import open_vault

    old = ctx.open_vault()
    new = open_vault(
        to,
        directory=ctx.state_dir,
        passphrase_file=os.environ.get("SYNCDOCTOR_PASSPHRASE_FILE"),
        passphrase_command=os.environ.get("SYNCDOCTOR_PASSPHRASE_COMMAND"),
    )
    if old.describe() == new.describe():
        raise UsageError(f"Tokens are in {new.describe()} already.", "syncdoctor store status")
    new.check()
    names = _names(ctx, old)
    moved = [name for name in names if _copy(old, new, name)]
    for name in moved:
        old.delete(name)
    if ctx.json:
        ctx.print_document("store-move", store=new.describe(), moved=moved)
    line = f"Moved {len(moved)} entries to {new.describe()}; the old place is wiped."
    ctx.err().print(line, soft_wrap=True)
    ctx.err().print(f"From now on set SYNCDOCTOR_STORE={to}", soft_wrap=True)


def _names(ctx: Context, vault: Vault) -> list[str]:
    """What the store lists, and what the configuration says that it should hold."""
    names = set(vault.keys())
    uids = [c.uid for c in ctx.config.resolve(None)]
    names.update(f"{entry}/{uid}" for uid in uids for entry in ("connection", "sign-on"))
    names.update(f"connection/{uid}/{entry}" for uid in uids for entry in ("next", "further"))
    names.update(f"app/{name}" for name in ctx.config.apps())
    return sorted(name for name in names if ".damaged-" not in name)


def _copy(old: Vault, new: Vault, name: str) -> bool:
    """Copy one entry and read it back; False when there is none."""
    value = old.get(name)
    if value is None:
        return False
    new.put(name, value)
    if new.get(name) != value:
        raise StoreError(
            f"{new.describe()} did not keep {name}; nothing was wiped.", "syncdoctor store check"
        )
    return True


def _readable(vault: Vault, name: str) -> bool:
    from syncdoctor.auth.envelope import DamagedEntry

    try:
        vault.get(name)
    except DamagedEntry:
        return False
    return True
