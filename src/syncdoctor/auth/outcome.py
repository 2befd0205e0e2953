"""How a sign-in ended, as a page for the browser that brought its answer."""

from __future__ import annotations

from syncdoctor import redact
from syncdoctor.auth.pages import Page
from syncdoctor.engine.provider import Provider
from syncdoctor.errors import Cancelled, Guarded, SyncdoctorError, TemporaryFailure
from syncdoctor.model import Connection


def joined_page(connection: Connection, provider: Provider) -> Page:
    """All is stored: what was joined."""
    organisation = connection.organisation
    return Page(
        title=f"{provider.name} is connected",
        good=True,
        joined=organisation.name if organisation else None,
        lines=(
            f"The connection {connection.target} may use {provider.name} from now on.",
            "The terminal shows what is synced next.",
        ),
    )


def failed_page(error: SyncdoctorError) -> Page:
    """What went wrong, and what to do."""
    titles = (
        (Guarded, "This is another organisation"),
        (Cancelled, "The sign-in was declined"),
        (TemporaryFailure, "It did not work this time"),
    )
    words, command = _split(redact.text(error.hint or ""))
    return Page(
        title=next((t for kind, t in titles if isinstance(error, kind)), "The sign-in failed"),
        lines=(
            redact.text(error.message).removesuffix("Nothing has changed.").strip(),
            "Nothing has changed: the connection is as it was before.",
        ),
        steps=words,
        command=command,
    )


def _split(hint: str) -> tuple[tuple[str, ...], str | None]:
    """A hint as sentences and, where it ends in one, the command to copy."""
    words, found, rest = hint.partition("syncdoctor ")
    if not found:
        return ((hint,) if hint else ()), None
    sentences = [part.strip() for part in words.rstrip(" :").split(";") if part.strip()]
    return (*(f"{s[0].upper()}{s[1:]}." for s in sentences[:-1]), _lead(sentences)), found + rest


def _lead(sentences: list[str]) -> str:
    last = sentences[-1] if sentences else "In the terminal, run"
    return f"{last[0].upper()}{last[1:]}:"


def interrupted_page() -> Page:
    """The program was stopped before the end."""
    return Page(
        title="The sign-in was interrupted",
        lines=(
            "syncdoctor was stopped before it was done.",
            "Nothing has changed: the connection is as it was before.",
        ),
        steps=("Run the same command again in the terminal.",),
    )
