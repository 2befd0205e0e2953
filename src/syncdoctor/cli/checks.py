"""The checks of a diagnosis by name: those that a connection has, and those that are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncdoctor.errors import UsageError

if TYPE_CHECKING:
    from syncdoctor.cli.common import Context
    from syncdoctor.states import Case


def known_checks(case: Case, wanted: list[str], *, writes: bool) -> None:
    """Refuse a check that the connection does not have.

    Raises:
        UsageError: it is not there, or writes although nothing may be written.
    """
    names = _check_names(case) if wanted else {}
    for name in wanted:
        if name == "write-test" and not writes:
            raise UsageError(
                "The check write-test writes a draft: it is made with --write-test alone.",
                f"syncdoctor diagnose {case.connection.target} --write-test",
            )
        if name not in names:
            raise UsageError(
                f"{case.provider.name} has no check {name!r}.",
                f"syncdoctor diagnose {case.connection.target} --list-checks",
            )


def _check_names(case: Case) -> dict[str, str]:
    from syncdoctor import local_checks, write_test
    from syncdoctor.cli.deliveries import TEST_EVENT, delivers

    local = {check.name: "from what is known here" for check in local_checks.run(case)}
    page = {"status-page": "what the provider's public status page says"}
    return {
        **local,
        "token": "whether the token is valid, renewed where need be",
        **{probe.name: probe.summary for probe in case.provider.probes},
        **(page if "status" in case.provider.urls else {}),
        **({write_test.NAME: write_test.SUMMARY} if write_test.writer_of(case.provider.id) else {}),
        **({write_test.NAME: TEST_EVENT} if delivers(case) else {}),
    }


def list_checks(ctx: Context, found: list[Case]) -> int:
    """Print the name of each check and what it looks at."""
    names = {name: words for case in found for name, words in _check_names(case).items()}
    if ctx.json:
        checks = [{"name": name, "summary": words} for name, words in names.items()]
        ctx.print_document("checks", checks=checks)
        return 0
    for name, words in names.items():
        ctx.out().print(f"{name}: {words}")
    return 0
