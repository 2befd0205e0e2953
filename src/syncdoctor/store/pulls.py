"""How far each connection's records were pulled, and in which versions they stand there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from syncdoctor.store.operations import OperationTable
from syncdoctor.store.rows import from_micros, to_micros


@dataclass(frozen=True, slots=True)
class Pull:
    """The last pull of a connection; ``sync_token`` is None until one came to its end.

    ``place`` is what was synced with, e.g. a calendar; ``file`` is where the records were put.
    """

    place: str
    sync_token: str | None
    file: str
    pulled: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """A record that we brought to the provider, and the version in which it stood then."""

    kind: str
    key: str
    version: str | None


class PullTable(OperationTable):
    """The table ``pulls`` and the versions in ``records``."""

    def last_pull(self, connection_uid: str) -> Pull | None:
        """How far a connection was pulled; None when it never was."""
        row = self.row("SELECT * FROM pulls WHERE connection_uid = ?", (connection_uid,))
        if row is None:
            return None
        token = row["sync_token"] or None
        return Pull(row["place"], token, row["file"], from_micros(row["pulled"]))

    def save_pull(self, connection_uid: str, place: str, sync_token: str | None, file: str) -> None:
        """Remember where the next pull begins."""
        with self.transaction() as db:
            db.execute(
                """INSERT INTO pulls VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (connection_uid) DO UPDATE SET place = excluded.place,
                    file = excluded.file, sync_token = excluded.sync_token,
                    pulled = excluded.pulled""",
                (connection_uid, place, sync_token or "", file, to_micros(self.now())),
            )

    def move(self, connection_uid: str, place: str) -> None:
        """Forget what stands at another place than this one: nothing of it is known here."""
        with self.transaction() as db:
            db.execute("DELETE FROM records WHERE connection_uid = ?", (connection_uid,))
            db.execute("DELETE FROM pulls WHERE connection_uid = ?", (connection_uid,))
        self.save_pull(connection_uid, place, None, "")

    def standing(self, connection_uid: str) -> dict[str, Standing]:
        """The records that we brought there, by the provider's id."""
        rows = self.rows(
            """SELECT kind, key, provider_id, version FROM records
            WHERE connection_uid = ? AND provider_id IS NOT NULL""",
            (connection_uid,),
        )
        return {r["provider_id"]: Standing(r["kind"], r["key"], r["version"]) for r in rows}

    def versions(self, connection_uid: str) -> dict[tuple[str, str], str]:
        """The version in which each record stood after the last sync, by kind and key."""
        rows = self.rows(
            """SELECT kind, key, version FROM records
            WHERE connection_uid = ? AND version IS NOT NULL""",
            (connection_uid,),
        )
        return {(row["kind"], row["key"]): row["version"] for row in rows}
