from __future__ import annotations

import os
import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from syncdoctor.config import Config, split_target, stand_in_hosts
from syncdoctor.config_tables import check_url
from syncdoctor.errors import ConfigError, NotFound, SyncdoctorError, UsageError
from syncdoctor.model import App, Connection, CredentialKind, Organisation, Ownership

CREATED = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
SETTING = '[connections.x]\nprovider="xero"\napp="a"\nuid="c"\n[connections.x.settings]\n'
ACME = Connection("acme", "xero", "c-1", "xero", "xero-app", CREATED)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(tmp_path / "config")


def test_a_connection_comes_back_as_it_was_saved(config: Config) -> None:
    saved = replace(
        ACME,
        organisation=Organisation("t-1", "Demo [UK] “Ltd”"),
        settings={"sales_account": "200", "kinds": ["invoice"]},
        enabled=False,
        ownership=Ownership.BORROWED,
    )
    config.save_connection(saved, guide="solido")
    assert config.connection("acme/xero") == saved
    assert config.workspace("acme").guide == "solido"


@pytest.mark.parametrize("kind", CredentialKind)
def test_only_a_sign_in_needs_an_app(config: Config, kind: CredentialKind) -> None:
    app = "xero-app" if kind is CredentialKind.OAUTH else None
    saved = replace(ACME, app=app, credential=kind)
    path = config.save_connection(saved)
    assert config.connection("acme/xero") == saved
    assert config.app_of(replace(saved, app=None)).urls == {}
    text = path.read_text()
    path.write_text(text.replace('app = "xero-app"\n', "") if app else text.replace(kind, "odd"))
    with pytest.raises(ConfigError, match=r"app|credential"):
        config.connection("acme/xero")


def test_an_address_on_loopback_is_named() -> None:
    settings = {"endpoint": "http://127.0.0.1:9/hook", "other": "https://api.example.com"}
    assert stand_in_hosts(None, replace(ACME, settings=settings)) == ("127.0.0.1:9",)


def test_files_are_private(config: Config) -> None:
    path = config.save_connection(ACME)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_comments_of_the_user_stay(config: Config) -> None:
    path = config.save_connection(ACME, plan="Pro")
    text = path.read_text().replace('plan = "Pro"', '# told by phone\nplan = "Pro"  # since May')
    path.write_text(text)
    config.save_connection(replace(ACME, organisation=Organisation("t", "T")))
    after = path.read_text()
    assert "# told by phone" in after
    assert "# since May" in after
    assert config.connection("acme/xero").organisation == Organisation("t", "T")


def test_a_write_that_fails_leaves_the_old_file(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = config.save_connection(ACME)
    before = path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigError, match="No space"):
        config.save_connection(replace(ACME, enabled=False))
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["acme.toml"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("guide = 3", ":1: guide: must be text."),
        (
            '# note\n[connections.xero]\nprovider="xero"\napp="a"\nuid="c"\nenabld=true',
            ":6: connections.xero.enabld: is not known. Did you mean 'enabled'?",
        ),
        ("\n\nx = = 3", "(at line 3, column 5)"),
        ('[connections.xero]\nprovider="xero"', ":1: connections.xero: 'app' is missing."),
        (
            '[connections.xero]\nprovider="x"\napp="a"\nuid="c"\nownership="mine"',
            ":5: connections.xero.ownership: must be 'own' or 'borrowed'.",
        ),
        ("connections = 4", ":1: connections: must be a table."),
        ("[connections]\nxero = 4", ":2: connections.xero: must be a table."),
        (
            SETTING + 'invoice_status="bogus"',
            "settings.invoice_status: 'bogus' is not one of draft",
        ),
        (
            SETTING + 'auto_sync="no"',
            ":6: connections.x.settings.auto_sync: must be true or false.",
        ),
        (SETTING + 'kinds="invoice"', "settings.kinds: must be a list of texts."),
        (SETTING + 'kinds=["foo"]', "'foo' is not one of contact, invoice"),
    ],
)
def test_a_fault_names_file_line_and_key(config: Config, text: str, said: str) -> None:
    path = config.save_connection(ACME)
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        config.workspace("acme")
    assert caught.value.message.startswith(str(path))
    assert said in caught.value.message
    assert caught.value.hint == f"Edit {path}"


def test_a_file_that_is_not_utf_8_is_said_so(config: Config) -> None:
    path = config.save_connection(ACME)
    path.write_bytes(b'guide = "\xff"')
    with pytest.raises(ConfigError, match="not UTF-8 at byte 9"):
        config.workspace("acme")


@pytest.mark.parametrize(
    ("target", "kind", "said"),
    [
        ("acmee/xero", NotFound, "Did you mean 'acme'?"),
        ("acme/xerro", NotFound, "Did you mean 'acme/xero'?"),
        ("acme", UsageError, "written WORKSPACE/CONNECTION"),
        ("../up/xero", UsageError, "written WORKSPACE/CONNECTION"),
        ("..%/xero", UsageError, "cannot be the name of a workspace"),
    ],
)
def test_a_wrong_target_is_said(
    config: Config, target: str, kind: type[SyncdoctorError], said: str
) -> None:
    config.save_connection(ACME)
    with pytest.raises(kind) as caught:
        config.connection(target)
    assert said in caught.value.message
    assert caught.value.hint


def test_targets_resolve_to_one_a_workspace_or_all(config: Config) -> None:
    other = replace(ACME, workspace="beta", name="books", uid="c-2")
    config.save_connection(ACME)
    config.save_connection(other)
    assert config.resolve("acme/xero") == [ACME]
    assert config.resolve("beta") == [other]
    assert config.resolve(None) == [ACME, other]
    config.remove_connection(ACME)
    assert config.resolve(None) == [other]


def test_apps_are_kept_by_name(config: Config) -> None:
    app = App("x", "xero", "id", "http://localhost:1/cb", ("a",), {"api": "http://127.0.0.1:9/"})
    config.save_app(app)
    assert config.app("x") == app
    assert stand_in_hosts(app, ACME) == ("127.0.0.1:9",)
    config.remove_app("x")
    with pytest.raises(NotFound):
        config.app("x")


@pytest.mark.parametrize(
    "url",
    ["http://evil.example/", "ftp://h/", "https://u:p@h/", "nonsense", "https://", "file:///etc"],
)
def test_urls_are_https_or_loopback(url: str) -> None:
    with pytest.raises(ConfigError):
        check_url(url, ConfigError)


def test_split_target() -> None:
    assert split_target("acme/xero") == ("acme", "xero")
