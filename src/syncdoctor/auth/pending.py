"""Sign-ins that were begun without a person and wait to be completed.

The file in the state directory says which connection and until when; the state and the verifier,
which are secrets, are in the token store.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from syncdoctor.auth.authorisation import Authorisation
from syncdoctor.errors import NotFound, StoreError
from syncdoctor.model import Connection

if TYPE_CHECKING:
    from syncdoctor.auth.vault import Vault

LIFETIME = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Pending:
    """A sign-in under way, as its file tells it."""

    id: str
    uid: str
    target: str
    redirect_uri: str
    until: datetime


class PendingSignIns:
    """The sign-ins of one state directory that wait to be completed."""

    def __init__(self, state_dir: Path, vault: Vault) -> None:
        """Nothing is read yet."""
        self._directory = state_dir / "pending"
        self._vault = vault

    def keep(self, connection: Connection, authorisation: Authorisation) -> Pending:
        """Keep a sign-in for an hour, its secrets in the store."""
        self.sweep()
        pending = Pending(
            id=secrets.token_hex(4),
            uid=connection.uid,
            target=connection.target,
            redirect_uri=authorisation.redirect_uri,
            until=datetime.now(UTC).replace(microsecond=0) + LIFETIME,
        )
        hidden = {"state": authorisation.state, "verifier": authorisation.verifier}
        self._vault.put(f"pending/{pending.id}", json.dumps(hidden))
        self._write(pending)
        return pending

    def of(self, connection: Connection) -> tuple[Pending, ...]:
        """The sign-ins of one connection that can still be completed, newest first."""
        now = datetime.now(UTC)
        mine = [p for p in self._all() if p.uid == connection.uid and p.until > now]
        return tuple(sorted(mine, key=lambda p: p.until, reverse=True))

    def find(self, identifier: str) -> Pending:
        """One sign-in by its id; :class:`NotFound` when there is none, or its hour is over."""
        now = datetime.now(UTC)
        for pending in self._all():
            if pending.id == identifier and pending.until > now:
                return pending
        raise NotFound(
            f"There is no sign-in {identifier} that waits, or its hour is over.",
            "syncdoctor reconnect TARGET --non-interactive",
        )

    def authorisation(self, pending: Pending) -> Authorisation:
        """The request for consent with its secrets."""
        raw = self._vault.get(f"pending/{pending.id}")
        if raw is None:
            raise NotFound(
                f"The secrets of the sign-in {pending.id} are not in the token store.",
                f"syncdoctor reconnect {pending.target} --non-interactive",
            )
        hidden = json.loads(raw)
        return Authorisation(pending.redirect_uri, "", hidden["state"], hidden["verifier"])

    def drop(self, pending: Pending) -> None:
        """Forget a sign-in: its code is spent, or its hour is over."""
        self._vault.delete(f"pending/{pending.id}")
        with suppress(OSError):
            (self._directory / f"{pending.id}.json").unlink(missing_ok=True)

    def sweep(self) -> None:
        """Forget those whose hour is over."""
        now = datetime.now(UTC)
        for pending in tuple(self._all()):
            if pending.until <= now:
                self.drop(pending)

    def _all(self) -> Iterator[Pending]:
        for path in sorted(self._directory.glob("*.json")):
            try:
                values = json.loads(path.read_bytes())
                until = datetime.fromisoformat(values.pop("until"))
                yield Pending(**values, until=until)
            except (OSError, ValueError, TypeError, KeyError):
                continue  # half a file of a run that was killed waits for nobody

    def _write(self, pending: Pending) -> None:
        document = {
            "id": pending.id,
            "uid": pending.uid,
            "target": pending.target,
            "redirect_uri": pending.redirect_uri,
            "until": pending.until.isoformat(),
        }
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self._directory / f"{pending.id}.json"
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(document, file)
        except OSError as error:
            raise StoreError(
                f"The state directory {self._directory} cannot be written: {error.strerror}.",
                f"Look at it: ls -ld {self._directory}",
            ) from None
