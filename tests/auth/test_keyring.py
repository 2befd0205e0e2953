"""A real Secret Service: gnome-keyring in a D-Bus session of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

TOOLS = ("dbus-run-session", "gnome-keyring-daemon")
pytestmark = [
    pytest.mark.keyring,
    pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason="needs gnome-keyring and D-Bus"),
]

STORY = """
import sys
from pathlib import Path
from syncdoctor.auth.vault import KeyringVault
from syncdoctor.errors import StoreError

vault = KeyringVault(Path(sys.argv[1]))
try:
{body}
except StoreError as error:
    print("StoreError", int(error.exit_code), error.message, error.hint)
"""
UNLOCKED = "printf 'pw\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; "
# The login keyring of an earlier run, which nobody opens in this one.
LOCKED = "gnome-keyring-daemon --start --components=secrets >/dev/null 2>&1; "


def in_session(
    home: Path, before: str, body: str, *, session: bool = True, extra: dict[str, str] | None = None
) -> tuple[str, float]:
    """Run a story in a new D-Bus session and a home of its own; its output and its seconds."""
    script = home / "story.py"
    script.write_text(STORY.format(body=textwrap.indent(textwrap.dedent(body), "    ")))
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(home / "run"),
        **(extra or {}),
    }
    (home / "run").mkdir(mode=0o700, exist_ok=True)
    command = f"{before}exec {sys.executable} {script} {home / 'state'}"
    wrapper = ["dbus-run-session", "--"] if session else []
    started = time.monotonic()
    done = subprocess.run(
        [*wrapper, "sh", "-c", command],
        env=environment,
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.stdout.strip(), time.monotonic() - started


def test_an_unlocked_keyring_keeps_large_tokens_and_lists_them(tmp_path: Path) -> None:
    body = """
    vault.check()
    vault.put("connection/c-1", "x" * 9000)
    vault.put("app/xero", "s3cret")
    print(vault.describe(), vault.keys(), len(vault.get("connection/c-1")), vault.get("none"))
    vault.delete("app/xero")
    vault.delete("app/xero")
    print(KeyringVault(Path(sys.argv[1])).keys(), vault.get("app/xero"))
    """
    out, _ = in_session(tmp_path, UNLOCKED, body)
    assert out.splitlines() == [
        "OS keyring (Secret Service) ('app/xero', 'connection/c-1') 9000 None",
        "('connection/c-1',) None",
    ]


def test_a_damaged_entry_is_said_and_kept_aside(tmp_path: Path) -> None:
    body = """
    import keyring
    keyring.set_password("syncdoctor", "connection/c-1", "half a tok")
    try:
        vault.get("connection/c-1")
    except StoreError as error:
        print(error.message)
    vault.put("connection/c-1", "new")
    aside = [k for k in keyring.get_keyring().get_preferred_collection().get_all_items()]
    names = sorted(i.get_attributes()["username"] for i in aside)
    print(vault.get("connection/c-1"), [n[:24] for n in names if "damaged" in n])
    """
    out, _ = in_session(tmp_path, UNLOCKED, body)
    assert out.splitlines() == [
        "The entry connection/c-1 in the token store is damaged.",
        "new ['connection/c-1.damaged-2']",
    ]


def test_a_locked_keyring_is_said_within_the_limit(tmp_path: Path) -> None:
    in_session(tmp_path, UNLOCKED, "vault.put('connection/c-1', 'x')")
    out, seconds = in_session(tmp_path, LOCKED, "print(vault.get('connection/c-1'))")
    assert out.startswith("StoreError 7 The Secret Service")
    assert "locked" in out
    assert "SYNCDOCTOR_STORE=file" in out
    assert seconds < 12


def test_no_bus_names_the_missing_back_end(tmp_path: Path) -> None:
    out, _ = in_session(tmp_path, "", "print(vault.get('connection/c-1'))", session=False)
    assert out.startswith("StoreError 7 There is no OS keyring: The Secret Service")
    assert "SYNCDOCTOR_STORE=file" in out


def test_a_bus_address_that_leads_nowhere_is_a_store_error(tmp_path: Path) -> None:
    address = {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={tmp_path}/nothing"}
    out, _ = in_session(tmp_path, "", "vault.check()", session=False, extra=address)
    assert out.startswith("StoreError 7")


def test_a_bus_that_hangs_is_given_up_within_the_limit(tmp_path: Path) -> None:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "bus"))
    listener.listen()
    address = {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={tmp_path}/bus"}
    with listener:
        out, seconds = in_session(
            tmp_path, "", "print(vault.get('connection/c-1'))", session=False, extra=address
        )
    assert out.startswith("StoreError 7")
    assert seconds < 10


def test_a_service_that_hangs_is_given_up_within_the_limit(tmp_path: Path) -> None:
    body = """
    import os, signal
    from jeepney import DBusAddress, new_method_call
    from jeepney.io.blocking import open_dbus_connection
    bus = DBusAddress("/", "org.freedesktop.DBus", "org.freedesktop.DBus")
    ask = new_method_call(bus, "GetConnectionUnixProcessID", "s", ("org.freedesktop.secrets",))
    with open_dbus_connection() as connection:
        daemon = connection.send_and_get_reply(ask).body[0]
    os.kill(daemon, signal.SIGSTOP)
    try:
        for _ in range(3):
            try:
                vault.get("connection/c-1")
            except StoreError as error:
                last = error
        raise last
    finally:
        os.kill(daemon, signal.SIGKILL)
    """
    out, seconds = in_session(tmp_path, UNLOCKED, body)
    assert out.startswith("StoreError 7 The Secret Service")
    assert "gave no answer in 3 s" in out
    assert seconds < 10  # after the first call that hung no other is made
