"""How a sign-in ended, as a page for the browser that brought its answer."""

from __future__ import annotations

from syncdoctor import redact
from syncdoctor.auth.pages import Page
from syncdoctor.engine.provider import Provider
from syncdoctor.errors import Cancelled, Guarded, SyncdoctorError, TemporaryFailure
from syncdoctor.model import Connection, Organisation


def joined_page(
    connection: Connection, provider: Provider, organisation: Organisation | None
) -> Page:
    """All is done: what was joined."""
    return Page(
        title=f"{provider.name} is connected again",
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
    hint = redact.text(error.hint) if error.hint else None
    is_command = hint is not None and hint.startswith("syncdoctor ")
    return Page(
        title=next((t for kind, t in titles if isinstance(error, kind)), "The sign-in failed"),
        lines=(redact.text(error.message), "The connection is as it was before."),
        steps=(hint,) if hint and not is_command else ("In the terminal, run:",) if hint else (),
        command=hint if is_command else None,
    )


def interrupted_page() -> Page:
    """The program was stopped before the end."""
    return Page(
        title="The sign-in was interrupted",
        lines=("syncdoctor was stopped before it was done.", "The connection is as it was before."),
        steps=("Run the same command again in the terminal.",),
    )
