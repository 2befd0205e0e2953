"""``diagnose --write-test``: who may ask for it, and the client that it writes with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from syncdoctor.errors import Cancelled, UsageError

if TYPE_CHECKING:
    from syncdoctor.cli.common import Context
    from syncdoctor.engine.catalogue import Catalogue
    from syncdoctor.model import Check
    from syncdoctor.states import Case


def tester(
    ctx: Context, catalogue: Catalogue, cases: Sequence[Case], *, yes: bool
) -> Callable[[Case], Check]:
    """What makes the test for a case, once it may be made for all of them.

    Raises:
        UsageError: a provider takes no draft back, or nobody can be asked about several.
        Cancelled: the answer was no.
    """
    from syncdoctor.cli.deliveries import delivers, test_event
    from syncdoctor.write_test import writer_of

    unable = [case for case in cases if writer_of(case.provider.id) is None and not delivers(case)]
    if unable:
        case = unable[0]
        raise UsageError(
            f"{case.connection.target}: {case.provider.name} takes no draft that could be taken "
            "away again; there is no write test.",
            f"syncdoctor diagnose {case.connection.target}",
        )
    question = f"Make a draft at {len(cases)} providers and take it away again?"
    if len(cases) > 1 and not yes and not ctx.confirm(question, "--yes"):
        raise Cancelled("No draft was made.")
    vault = ctx.open_vault()

    def one(case: Case) -> Check:
        from syncdoctor.session import client_for
        from syncdoctor.write_test import check

        if delivers(case):
            return test_event(ctx, case, vault)
        app = ctx.config.app_of(case.connection)
        room = catalogue.providers[case.connection.provider]
        client = client_for(case.connection, app, room, vault, ctx.state_dir, writable=True)
        return check(case.connection, client, datetime.now(UTC))

    return one
