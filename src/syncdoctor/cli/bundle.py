"""``diagnose --bundle``: gather what support asks for, and refuse while a secret is in it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncdoctor import redact, secret_shapes
from syncdoctor.errors import Guarded, UsageError

if TYPE_CHECKING:
    from syncdoctor.cli.common import Context
    from syncdoctor.model import Diagnosis
    from syncdoctor.render.bundle import Known
    from syncdoctor.states import Case

SYNCS = 50
LIBRARIES = ("httpx2", "authlib", "keyring", "cryptography", "rich", "typer")
ATTACHED = frozenset({"recording"})  # nothing that could be typed


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line says of the bundle. ``filled`` are fields of the form, NAME=VALUE."""

    file: Path
    describe: str | None = None
    tried: str | None = None
    filled: tuple[str, ...] = ()

    def given(self) -> dict[str, str]:
        """The person's own words by the field that they fill.

        Raises:
            UsageError: a field is not written NAME=VALUE.
        """
        words: dict[str, str] = {}
        for one in self.filled:
            name, equals, value = one.partition("=")
            if not equals or not value.strip():
                raise UsageError(f"--fill {one}: it is written NAME=VALUE.", "--fill records=INV-7")
            words[name.strip()] = value.strip()
        named = {"description": self.describe, "tried": self.tried}
        return words | {name: value for name, value in named.items() if value}


def write_bundle(ctx: Context, wanted: Wanted, diagnoses: Sequence[tuple[Case, Diagnosis]]) -> None:
    """Write the zip, readable by its owner alone, in one step.

    Raises:
        Guarded: a known secret is in it; nothing was written.
        StoreError: the token store cannot be read, so that nobody knows the secrets.
        UsageError: the file cannot be written.
    """
    from datetime import UTC, datetime

    from syncdoctor.render import bundle
    from syncdoctor.tomlfile import write_private

    contents: dict[str, str] = {}
    given = wanted.given()
    for case, found in diagnoses:
        known = _asked(ctx, case, found, replace(_known(ctx, case), given=given))
        folder = f"{case.connection.target.replace('/', '-')}/" if len(diagnoses) > 1 else ""
        for name, text in bundle.parts(case, found, known).items():
            contents[folder + name] = text
    if leaks := bundle.leaks(contents, dict(_secrets(ctx, [case for case, _ in diagnoses]))):
        told = "; ".join(dict.fromkeys(f"{leak.part} holds {leak.what}" for leak in leaks))
        raise Guarded(
            f"{wanted.file} was not written: {told}.",
            "Take it out of the text, the settings or the history, and run the same command again.",
        )
    write_private(wanted.file, bundle.archive(bundle.masked(contents), datetime.now(UTC)))
    ctx.err().print(f"{len(contents)} files are in {wanted.file}. No known secret is in it.")


def _known(ctx: Context, case: Case) -> Known:
    from syncdoctor.render.bundle import Known
    from syncdoctor.render.history_view import History, history_document

    target, uid = case.connection.target, case.connection.uid
    with ctx.open_state() as state:
        syncs = state.syncs(target, limit=SYNCS)
        failure = state.failure(uid)
        failures = (failure,) if failure else ()
        history = History(target, None, state.summary(target), syncs, failures)
        document = history_document(history, state.now())
        failed = sorted(key for _, key in state.failed_records(uid))
    app = ctx.config.apps().get(case.connection.app or "")
    return Known(app, syncs, document, failed, _versions(ctx, case))


def _versions(ctx: Context, case: Case) -> dict[str, Any]:
    import platform
    from importlib.metadata import PackageNotFoundError, version

    from syncdoctor import __version__

    found: dict[str, str | None] = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return {
        "syncdoctor": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "token_store": ctx.open_vault().describe(),
        "provider": case.provider.id,
        "rules": len(ctx.catalogue.rules),
        "libraries": found,
    }


def _asked(ctx: Context, case: Case, found: Diagnosis, known: Known) -> Known:
    """Ask on the terminal for the fields of the form that are still empty."""
    from syncdoctor.render.bundle import form

    if not ctx.may_ask:
        return known
    told = dict(known.given)
    for one in form(case, found, known):
        if one.value is None and one.name not in ATTACHED:
            answer = ctx.ask_or_skip(f"{case.guide.product} asks for {one.label}")
            if answer:
                told[one.name] = answer
    return replace(known, given=told)


def _secrets(ctx: Context, cases: Sequence[Case]) -> Iterator[tuple[str, str]]:
    """Every secret that is known here, with what it is."""
    for secret in redact.remembered():
        yield secret, "a token, key or passphrase that was in use"
    if passphrase := ctx.passphrase():
        yield passphrase, "the passphrase of the token store"
    vault = ctx.open_vault()
    names = vault.keys()
    for case in cases:
        connection = case.connection
        for name in names:
            if name == f"app/{connection.app}":
                what = f"the client secret of the app {connection.app}"
            elif connection.uid in name:
                what = f"a token or key of {connection.target}"
            else:
                continue
            for secret in _values(vault.get(name)):
                yield secret, what


def _values(entry: str | None) -> Iterator[str]:
    """The secrets in an entry of the store: a plain one, or those in a JSON document."""
    if entry is None:
        return
    try:
        document = json.loads(entry)
    except ValueError:
        yield entry
        return
    yield from _secret_values(document) if isinstance(document, Mapping) else (entry,)


def _secret_values(table: Mapping[str, Any]) -> Iterator[str]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _secret_values(value)
        elif isinstance(value, str) and key.lower() in secret_shapes.SECRET_KEYS | {"key", "token"}:
            yield value
