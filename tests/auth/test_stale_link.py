from __future__ import annotations

from typing import Any

from syncdoctor.auth.stale_link import remove_link
from syncdoctor.auth.tokens import connection_key


def deletions(bench: Any) -> Any:
    return [r for r in bench.sandbox.world.requests() if r["method"] == "DELETE"]


def test_the_link_of_the_organisation_is_dropped(bench: Any) -> None:
    bench.grant()
    assert remove_link(bench.sign_in(), bench.vault) == (
        f"The existing link to {bench.connection.organisation.name} was dropped."
    )
    assert [r["statuses"] for r in deletions(bench)] == [{204: 1}]
    assert "there is none any more" in remove_link(bench.sign_in(), bench.vault)


def test_a_dead_grant_leaves_it_to_the_person(bench: Any) -> None:
    bench.grant()
    bench.expire()
    bench.sandbox.world.switch_on("refresh-token-revoked")
    said = remove_link(bench.sign_in(), bench.vault)
    assert "was not dropped" in said
    assert "disconnect the app in Xero itself" in said
    assert deletions(bench) == []


def test_no_token_and_no_organisation_are_no_failure(bench: Any) -> None:
    assert "gives no way" in remove_link(bench.sign_in(), bench.vault)
    bench.grant()
    bench.vault.delete(connection_key(bench.connection))
    assert "was not dropped" in remove_link(bench.sign_in(), bench.vault)
