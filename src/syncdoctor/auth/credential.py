"""Credentials without OAuth: what each kind is called, and the command that gives a new one.

Such a credential lies in the token store like a token, without a lifetime and without anything to
renew it by: once it is refused, a person has to give another.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from syncdoctor.auth.token import Token
from syncdoctor.engine.commands import renewal
from syncdoctor.errors import UsageError
from syncdoctor.model import Connection, CredentialKind

WORDS: Mapping[CredentialKind, str] = {
    CredentialKind.OAUTH: "token",
    CredentialKind.TOKEN: "access token",
    CredentialKind.KEY: "API key",
    CredentialKind.SECRET: "signing secret",
    CredentialKind.FEED: "feed address",
}
LONGEST = 8192  # characters; headers of servers end about there


def word(connection: Connection) -> str:
    """What the credential of a connection is called."""
    return WORDS[connection.credential]


def renewing_hint(connection: Connection) -> str:
    """The command with which a person gives a new credential."""
    return " ".join(renewal(connection.credential, connection.target))


def given(text: str, kind: CredentialKind) -> Token:
    """A credential that a person gave, as it is stored.

    Raises:
        UsageError: it is empty, has blanks in it, or is no single line; it is not repeated.
    """
    secret = text.strip()
    if not secret:
        raise UsageError(f"The {WORDS[kind]} is empty.", "Give it with --token-file FILE.")
    if len(secret) > LONGEST or not all("!" <= c <= "~" for c in secret):
        raise UsageError(
            f"That is no {WORDS[kind]}: one line of printable characters without blanks is.",
            "Give it with --token-file FILE, which holds nothing else.",
        )
    return Token(secret, obtained_at=datetime.now(UTC).replace(microsecond=0))
