"""The bundle: the form in the guide's words, the files, and no known secret in any of them."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime

import pytest

from syncdoctor.config_tables import Workspace
from syncdoctor.engine.catalogue import load
from syncdoctor.engine.guide import list_guides, load_guide
from syncdoctor.model import (
    Action,
    App,
    Cause,
    Check,
    Confidence,
    Connection,
    Diagnosis,
    Finding,
    Organisation,
    Severity,
    State,
    Trigger,
)
from syncdoctor.redact import exchange
from syncdoctor.render import bundle
from syncdoctor.states import Case
from syncdoctor.store.rows import Sync, SyncStatus

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SECRET = 'planted&secret="8f14e45f~?;'
CONNECTION = Connection(
    "acme", "xero", "c-7f3a9c2e", "xero", "app", NOW, Organisation("1", "Demo"), {"note": "fine"}
)
FINDING = Finding(
    "xero.invalid",
    Cause.RECORD_INVALID,
    Action.FIX_RECORD,
    Confidence.CERTAIN,
    Severity.ERROR,
    "xero",
    "A record is refused",
    "400 ValidationException",
    "It is not right.",
)
FOUND = Diagnosis(
    "acme/xero",
    State.LAST_SYNC_FAILED,
    (FINDING,),
    (Check("identity", "ok", "fine"),),
    (),
    NOW,
    (exchange(provider="xero", url="https://api.xero.com/x", status=400, body={"a": "ä"}),),
)
SYNC = Sync(7, "c-7f3a9c2e", "acme/xero", Trigger.MANUAL, NOW, NOW, SyncStatus.FAILED, message="no")
APP = App("app", "xero", "ID")


def case(guide: str = "solido") -> Case:
    workspace = Workspace("acme", guide=guide, business="Acme Ltd")
    return Case(CONNECTION, workspace, load().providers["xero"], load_guide(guide))


def known(**given: str) -> bundle.Known:
    return bundle.Known(APP, (SYNC,), {"total": 1}, ("INV-9",), {"python": "3"}, given)


def values(guide: str, **given: str) -> dict[str, str | None]:
    return {f.name: f.value for f in bundle.form(case(guide), FOUND, known(**given))}


def test_the_form_has_the_fields_of_the_guide() -> None:
    assert values("solido") == {
        "workspace": "acme",
        "description": None,
        "error": "400 ValidationException",
        "tried": None,
    }
    assert values("tradebooked")["business"] == "Acme Ltd"
    assert values("tradebooked")["status"] == "Last sync failed"
    assert values("hearlink")["records"] == "INV-9"
    assert values("hearlink")["examples"] == "sync 7 of 2026-11-20 12:00 UTC failed no"
    assert values("client-portal")["integration"] == "c-7f3a9c2e, Xero (acme/xero)"
    assert values("client-portal")["created"] == "2026-11-20 12:00 UTC"
    assert values("link-my-books")["recording"] is None


@pytest.mark.parametrize("guide", list_guides())
def test_each_guides_fields_have_names_of_their_own(guide: str) -> None:
    names = [f.name for f in bundle.form(case(guide), FOUND, known())]
    assert len(names) == len(set(names)) == len(case(guide).guide.ask_for)


def test_what_a_person_says_wins_and_is_never_lost() -> None:
    given = values("tradebooked", description="Nothing arrives", status="odd")
    assert given["status"] == "odd"
    assert given["description"] == "Nothing arrives"  # the guide does not ask for it


def test_the_files() -> None:
    parts = bundle.parts(case(), FOUND, known(description="Nothing arrives"))
    assert set(parts) == {
        *("form.txt", "findings.json", "findings.txt", "exchanges.jsonl", "history.json"),
        *("settings.json", "versions.json"),
    }
    assert "A description of the issue:\n  Nothing arrives" in parts["form.txt"]
    assert "The steps you have already taken:\n  (to fill in)" in parts["form.txt"]
    assert json.loads(parts["exchanges.jsonl"])["response"]["body"] == {"a": "ä"}
    assert json.loads(parts["findings.json"])["schema"] == "syncdoctor.diagnose/1"
    assert json.loads(parts["settings.json"])["connection"]["settings"] == {"note": "fine"}
    assert "A record is refused" in parts["findings.txt"]


def test_what_has_the_shape_of_a_secret_is_masked() -> None:
    parts = bundle.parts(case(), FOUND, known(tried="Bearer abcdef0123456789.x"))
    masked = bundle.masked(parts)
    assert "abcdef0123456789" not in masked["form.txt"]
    assert json.loads(masked["settings.json"]) == json.loads(parts["settings.json"])


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        "planted%26secret%3D%228f14e45f~%3F%3B",
        json.dumps({"a": SECRET}),
        "cGxhbnRlZCZzZWNyZXQ9IjhmMTRlNDVmfj87",
    ],
)
def test_a_known_secret_is_found_in_every_form(text: str) -> None:
    (leak,) = bundle.leaks({"a.txt": f"x{text}y", "b.txt": "fine"}, {SECRET: "the client secret"})
    assert leak == bundle.Leak("a.txt", "the client secret")
    assert SECRET not in repr(leak)


def test_a_word_is_no_secret() -> None:
    assert bundle.leaks({"a.txt": "the cat"}, {"cat": "a token"}) == ()


def test_the_archive_opens_anywhere() -> None:
    with zipfile.ZipFile(io.BytesIO(bundle.archive({"form.txt": "ä"}, NOW))) as file:
        assert file.testzip() is None
        assert file.read("form.txt").decode() == "ä"
        assert file.infolist()[0].external_attr >> 16 == 0o600
