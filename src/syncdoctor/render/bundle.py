"""The bundle for the product's support: a zip of what was found, with a form of what it asks for.

Pure: what is in it, and whether a known secret is. Nothing is written here.
"""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, quote_plus

from rich.console import Console

from syncdoctor.model import App, Diagnosis
from syncdoctor.redact import Redactor
from syncdoctor.render import json_connections
from syncdoctor.render.diagnose_view import diagnosis_view
from syncdoctor.render.terminal import THEME
from syncdoctor.states import Case, state_label
from syncdoctor.store.rows import Sync, SyncStatus

WIDTH = 100
SHORTEST_SECRET = 6  # what is shorter is found in any text
TO_FILL_IN = "(to fill in)"
NAMED = 20  # records that are named in the form

# What a guide asks for, by its words; the first that fits names the field.
_FIELDS = (
    ("business", r"business"),
    ("workspace", r"workspace"),
    ("error", r"error"),
    ("tried", r"\btried\b|\btaken\b"),
    ("recording", r"screenshot|recording|video"),
    ("examples", r"syncs that failed|failed syncs"),
    ("records", r"number|settlement|record"),
    ("created", r"created"),
    ("status", r"\bstatus\b"),
    ("integration", r"\buid\b|which integration"),
    ("description", r"description|doing|what happened"),
)


@dataclass(frozen=True, slots=True)
class Known:
    """What the bundle is made of besides the diagnosis. ``given`` are a person's own words."""

    app: App | None
    syncs: Sequence[Sync]
    history: Mapping[str, Any]
    failed_records: Sequence[str] = ()
    versions: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Field:
    """One line of the form: what the guide asks for, and what is known of it."""

    name: str
    label: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Leak:
    """A known secret that would have been in the bundle: the file, and what it is; never it."""

    part: str
    what: str


def form(case: Case, diagnosis: Diagnosis, known: Known) -> tuple[Field, ...]:
    """What the guide asks for, filled in as far as is known, and what was given besides."""
    found = {**_values(case, diagnosis, known), **known.given}
    fields = []
    for label in case.guide.ask_for:
        name = _name(label)
        fields.append(Field(name, label, found.get(name) or None))
    asked = {one.name for one in fields}
    more = [Field(n, n, value) for n, value in known.given.items() if n not in asked]
    return (*fields, *more)


def parts(case: Case, diagnosis: Diagnosis, known: Known) -> dict[str, str]:
    """The files of the bundle by name, as they are before :func:`masked`."""
    exchanges = [json_connections.exchange(made) for made in diagnosis.exchanges]
    return {
        "form.txt": _form_text(case, form(case, diagnosis, known)),
        "findings.json": _json(json_connections.diagnose_document([diagnosis], 0)),
        "findings.txt": _findings_text(case, diagnosis),
        "exchanges.jsonl": "".join(json.dumps(one) + "\n" for one in exchanges),
        "history.json": _json(known.history),
        "settings.json": _json(_settings(case, known.app)),
        "versions.json": _json(known.versions),
    }


def masked(contents: Mapping[str, str]) -> dict[str, str]:
    """The files without what has the shape of a secret that nobody here knows."""
    return {name: Redactor().text(text) for name, text in contents.items()}


def leaks(contents: Mapping[str, str], secrets: Mapping[str, str]) -> tuple[Leak, ...]:
    """The known secrets that are in the files, in any form in which they travel.

    Args:
        contents: the files by name.
        secrets: what each secret is, by the secret itself.
    """
    return tuple(
        Leak(name, what)
        for secret, what in secrets.items()
        if len(secret) >= SHORTEST_SECRET
        for name, text in contents.items()
        if any(form in text for form in _forms(secret))
    )


def archive(contents: Mapping[str, str], now: datetime) -> bytes:
    """The zip of the files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in contents.items():
            about = zipfile.ZipInfo(name, now.timetuple()[:6])
            about.external_attr = 0o600 << 16
            about.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(about, text.encode())
    return buffer.getvalue()


def _name(label: str) -> str:
    for name, words in _FIELDS:
        if re.search(words, label, re.IGNORECASE):
            return name
    return re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")


def _values(case: Case, diagnosis: Diagnosis, known: Known) -> dict[str, str]:
    connection = case.connection
    bad = [sync for sync in known.syncs if sync.status not in _GOOD]
    return {
        "workspace": connection.workspace,
        "business": case.workspace.business or "",
        "integration": f"{connection.uid}, {case.provider.name} ({connection.target})",
        "created": f"{connection.created:%Y-%m-%d %H:%M %Z}",
        "status": state_label(diagnosis.state, case.guide),
        "error": "; ".join(dict.fromkeys(f.said for f in diagnosis.findings[:3] if f.said)),
        "examples": "; ".join(map(_example, bad[:3])),
        "records": ", ".join(known.failed_records[:NAMED]),
    }


_GOOD = (SyncStatus.SUCCEEDED, SyncStatus.RUNNING)


def _example(sync: Sync) -> str:
    why = sync.message or (str(sync.cause) if sync.cause else "")
    return f"sync {sync.id} of {sync.started:%Y-%m-%d %H:%M} UTC {sync.status} {why}".strip()


def _form_text(case: Case, fields: Iterable[Field]) -> str:
    lines = [f"For {case.guide.support}, about {case.connection.target}.", ""]
    for one in fields:
        lines += [f"{one.label[:1].upper()}{one.label[1:]}:", f"  {one.value or TO_FILL_IN}", ""]
    return "\n".join(lines)


def _findings_text(case: Case, diagnosis: Diagnosis) -> str:
    console = Console(file=io.StringIO(), width=WIDTH, theme=THEME, highlight=False, record=True)
    console.print(diagnosis_view(case, diagnosis, verbose=True))
    return console.export_text()


def _settings(case: Case, app: App | None) -> dict[str, Any]:
    connection, workspace = case.connection, case.workspace
    organisation = connection.organisation
    return {
        "workspace": {
            "name": workspace.name,
            "guide": case.guide.name,
            "plan": workspace.plan,
            "tier": workspace.tier,
            "licence": workspace.licence,
            "person_role": workspace.person_role,
            "invoice_limit": workspace.invoice_limit,
            "invoices_this_month": workspace.invoices_this_month,
        },
        "connection": {
            "target": connection.target,
            "uid": connection.uid,
            "provider": connection.provider,
            "created": connection.created.isoformat(timespec="seconds"),
            "enabled": connection.enabled,
            "ownership": str(connection.ownership),
            "organisation": organisation and {"id": organisation.id, "name": organisation.name},
            "settings": dict(connection.settings),
        },
        "app": app
        and {
            "name": app.name,
            "client_id": app.client_id,
            "redirect_uri": app.redirect_uri,
            "scopes": list(app.scopes),
            "urls": dict(app.urls),
        },
    }


def _json(document: Any) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n"


def _forms(secret: str) -> Iterator[str]:
    """A secret as it stands, and in the encodings in which it travels."""
    plain = secret.encode()
    yield from dict.fromkeys(
        (
            secret,
            quote(secret, safe=""),
            quote(secret),
            quote_plus(secret),
            json.dumps(secret)[1:-1],
            json.dumps(secret, ensure_ascii=False)[1:-1],
            base64.b64encode(plain).decode().rstrip("="),
            base64.urlsafe_b64encode(plain).decode().rstrip("="),
        )
    )
