from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from syncdoctor.auth.errors import TokenDelayed, TokenRefused
from syncdoctor.auth.memory import MemoryVault
from syncdoctor.auth.passphrase import PassphraseSource
from syncdoctor.auth.sealed_file import SealedFile
from syncdoctor.auth.token import Token
from syncdoctor.auth.tokens import connection_key, token_lock
from syncdoctor.errors import ExitCode, SignInNeeded, StoreError
from syncdoctor.model import Connection, Ownership


def test_a_fresh_token_is_used_as_it_is(bench: Any) -> None:
    token = bench.grant()
    assert bench.keeper().access_token() == token.access_token
    assert bench.token_requests() == 0


def test_an_expired_token_is_refreshed_and_stored_before_it_is_used(bench: Any) -> None:
    old = bench.grant()
    bench.expire()
    keeper = bench.keeper()
    access = keeper.access_token()
    stored = bench.stored()
    assert stored.access_token == access != old.access_token
    assert stored.refresh_token not in (None, old.refresh_token)
    assert [e.status for e in keeper.exchanges] == [200]
    assert old.refresh_token not in repr(keeper.exchanges)


def test_a_token_within_a_minute_of_its_end_is_refreshed(bench: Any) -> None:
    old = bench.grant()
    bench.now += timedelta(seconds=1745)
    assert bench.keeper().access_token() != old.access_token


def test_a_refused_token_is_refreshed_although_it_looks_fresh(bench: Any) -> None:
    old = bench.grant()
    keeper = bench.keeper()
    keeper.access_token()
    assert keeper.access_token(refused=True) != old.access_token


def test_a_refused_token_that_another_process_renewed_is_read_not_refreshed(bench: Any) -> None:
    bench.grant()
    one, other = bench.keeper(), bench.keeper()
    one.access_token()
    other.access_token()
    renewed = other.access_token(refused=True)
    assert one.access_token(refused=True) == renewed
    assert bench.token_requests() == 1


def test_a_dead_grant_needs_a_person_and_keeps_the_token(bench: Any) -> None:
    old = bench.grant()
    bench.expire()
    bench.sandbox.world.switch_on("refresh-token-revoked")
    with pytest.raises(TokenRefused) as caught:
        bench.keeper().access_token()
    assert caught.value.exit_code == ExitCode.SIGN_IN
    assert caught.value.hint == "syncdoctor reconnect acme/xero"
    assert caught.value.code == "invalid_grant"
    assert caught.value.exchange is not None
    assert caught.value.exchange.status == 400
    assert bench.stored() == old


@pytest.mark.parametrize("fault", ["provider-down", "token-answer-lost"])
def test_a_passing_failure_forgets_nothing(bench: Any, fault: str) -> None:
    old = bench.grant()
    bench.expire()
    bench.sandbox.world.switch_on(fault)
    with pytest.raises(TokenDelayed) as caught:
        bench.keeper().access_token()
    assert caught.value.exchange is not None
    assert bench.stored() == old
    bench.sandbox.world.switch_off(fault)
    assert bench.keeper(cool_down_s=0).access_token() != old.access_token


def test_an_answer_lost_once_is_asked_for_again_with_the_old_refresh_token(bench: Any) -> None:
    bench.grant()
    bench.expire()
    bench.sandbox.world.switch_on("token-answer-lost", times=1)
    keeper = bench.keeper()
    keeper.access_token()
    assert [e.status for e in keeper.exchanges] == [None, 200]


def test_after_a_failure_nobody_asks_again_for_a_while(bench: Any) -> None:
    bench.grant()
    bench.expire()
    bench.sandbox.world.switch_on("provider-down")
    with pytest.raises(TokenDelayed):
        bench.keeper().access_token()
    asked = bench.token_requests()
    with pytest.raises(TokenDelayed, match="not again before"):
        bench.keeper().access_token()
    assert bench.token_requests() == asked
    bench.now += timedelta(seconds=31)
    bench.sandbox.world.switch_off("provider-down")
    bench.keeper().access_token()


def test_a_new_grant_ends_the_pause(bench: Any) -> None:
    bench.grant()
    bench.expire()
    bench.sandbox.world.switch_on("refresh-token-revoked")
    with pytest.raises(TokenRefused):
        bench.keeper().access_token()
    bench.grant()
    bench.expire()
    bench.keeper().access_token()


def test_a_rotation_elsewhere_is_read_before_giving_up(bench: Any) -> None:
    """Another machine's process rotated the token: its refusal is not the end."""
    old = bench.grant()
    bench.expire()
    bench.sandbox.world.switch_on("refresh-token-revoked")

    class Moved(MemoryVault):
        reads = 0

        def get(self, key: str) -> str | None:
            if key == connection_key(bench.connection):
                self.reads += 1
                if self.reads > 2:
                    fresh = Token("elsewhere", "r", bench.now + timedelta(hours=1), bench.now)
                    return fresh.to_json()
            return super().get(key)

    vault = Moved()
    vault.put("app/xero", bench.vault.get("app/xero"))
    vault.put(connection_key(bench.connection), old.to_json())
    bench.vault = vault
    assert bench.keeper().access_token() == "elsewhere"


def test_nothing_in_the_store_needs_a_person(bench: Any) -> None:
    with pytest.raises(SignInNeeded, match="not in the store"):
        bench.keeper().access_token()


def test_a_store_that_cannot_be_written_does_not_spend_the_refresh_token(bench: Any) -> None:
    bench.grant()
    bench.expire()

    class Full(MemoryVault):
        def check(self) -> None:
            raise StoreError("full")

    full = Full()
    full._values = bench.vault._values
    bench.vault = full
    with pytest.raises(StoreError):
        bench.keeper().access_token()
    assert bench.token_requests() == 0


def borrowed(bench: Any, **settings: Any) -> Any:
    c = bench.connection
    return Connection(
        c.workspace,
        c.name,
        c.uid,
        c.provider,
        c.app,
        c.created,
        c.organisation,
        settings,
        ownership=Ownership.BORROWED,
    )


def test_a_borrowed_token_is_never_refreshed(bench: Any) -> None:
    token = bench.grant()
    bench.connection = borrowed(bench)
    assert bench.keeper().access_token() == token.access_token
    bench.expire()
    with pytest.raises(SignInNeeded, match="the product owns it"):
        bench.keeper().access_token()
    assert bench.token_requests() == 0


def test_a_token_command_is_asked_and_asked_again_when_its_token_was_refused(
    bench: Any, tmp_path: Path
) -> None:
    script = tmp_path / "token"
    count = tmp_path / "count"
    script.write_text(
        f"#!/bin/sh\necho x >> {count}\nwc -l < {count} | tr -d ' ' | sed s/^/tok-/\n"
    )
    script.chmod(0o700)
    bench.connection = borrowed(bench, token_command=str(script))
    keeper = bench.keeper()
    assert [keeper.access_token(), keeper.access_token()] == ["tok-1", "tok-1"]
    assert keeper.access_token(refused=True) == "tok-2"


def test_the_lock_of_a_killed_holder_is_free(bench: Any) -> None:
    bench.grant()
    bench.expire()
    script = (
        "import sys, time\nfrom pathlib import Path\nfrom datetime import datetime, UTC\n"
        "from syncdoctor.model import Connection\nfrom syncdoctor.auth.tokens import token_lock\n"
        f"c = Connection('acme', 'xero', {bench.connection.uid!r}, 'xero', 'x',\n"
        "               datetime.now(UTC))\n"
        "with token_lock(Path(sys.argv[1]), c):\n"
        "    print('held', flush=True)\n    time.sleep(60)\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", script, str(bench.state_dir)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    got: list[str] = []
    waiter = threading.Thread(target=lambda: got.append(bench.keeper().access_token()))
    waiter.start()
    waiter.join(0.15)
    assert waiter.is_alive()
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    waiter.join(5)
    assert len(got) == 1


RACER = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from syncdoctor.auth.passphrase import PassphraseSource
from syncdoctor.auth.sealed_file import SealedFile
from syncdoctor.auth.tokens import TokenKeeper
from syncdoctor.config import Config
from syncdoctor.engine.catalogue import load
config, state, password, cache = (Path(a) for a in sys.argv[1:5])
provider = load(cache_dir=cache).providers["xero"]
connection = Config(config).connection("acme/xero")
vault = SealedFile(state / "tokens.sealed", PassphraseSource(str(password)))
if "slowly" in sys.argv:
    put = vault.put
    def put_slowly(key, value):
        print("answered", flush=True)
        sys.stdin.readline()
        put(key, value)
    vault.put = put_slowly
keeper = TokenKeeper(connection, Config(config).app("xero"), provider, vault, state_dir=state)
print("ready", flush=True)
sys.stdin.readline()
print(keeper.access_token())
"""


@pytest.fixture
def on_disk(bench: Any, tmp_path: Path, shared_cache: Path) -> Any:
    """The bench with its token in an encrypted file, already expired."""
    password = tmp_path / "passphrase"
    password.write_text("correct horse battery\n")
    vault = SealedFile(bench.state_dir / "tokens.sealed", PassphraseSource(str(password)))
    bench.grant()
    expired = bench.stored()
    for key in tuple(bench.vault.keys()):
        vault.put(key, bench.vault.get(key))
    past = Token(expired.access_token, expired.refresh_token, bench.now, bench.now)
    vault.put(connection_key(bench.connection), past.to_json())
    bench.vault = vault
    arguments = (bench.config.directory, bench.state_dir, password, shared_cache)
    return bench, [sys.executable, "-c", RACER, *map(str, arguments)]


def test_programs_started_apart_share_one_refresh(on_disk: Any) -> None:
    """They have nothing in common but the disk; ``test_races.py`` has the crowd."""
    bench, command = on_disk
    pipes: Any = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    racers: list[Any] = [subprocess.Popen(command, text=True, **pipes) for _ in range(4)]
    for racer in racers:
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        racer.stdin.write("\n")
        racer.stdin.flush()
    said = [racer.communicate(timeout=60) for racer in racers]
    assert [racer.returncode for racer in racers] == [0] * 4, said
    assert len({out for out, _ in said}) == 1
    assert bench.token_requests() == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_between_answer_and_store_does_not_lose_the_token(
    on_disk: Any, number: signal.Signals
) -> None:
    bench, command = on_disk
    pipes: Any = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    racer: Any = subprocess.Popen([*command, "slowly"], text=True, **pipes)
    before = bench.stored()
    assert racer.stdout.readline() == "ready\n"
    racer.stdin.write("\n")
    racer.stdin.flush()
    assert racer.stdout.readline() == "answered\n"
    racer.send_signal(number)
    racer.communicate("\n", timeout=20)
    assert racer.returncode != 0
    after = bench.stored()
    assert after.refresh_token != before.refresh_token
    bench.now += timedelta(hours=1)
    bench.keeper().access_token()


def test_no_secret_is_in_errors_or_in_the_state_directory(bench: Any) -> None:
    token = bench.grant()
    bench.expire()
    bench.sandbox.world.switch_on("refresh-token-revoked")
    with pytest.raises(SignInNeeded) as caught:
        bench.keeper().access_token()
    error = caught.value
    shown = " ".join(map(str, [error, error.hint, error.exchange, repr(token), bench.keeper()]))
    files = [p.read_text() for p in bench.state_dir.rglob("*") if p.is_file()]
    for secret in (token.access_token, token.refresh_token, bench.vault.get("app/xero")):
        assert secret not in shown + "".join(files)
    assert json.loads(next(f for f in files if f))["refused"] is True


def test_the_lock_waits_but_not_for_ever(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from syncdoctor.auth import tokens
    from syncdoctor.errors import Locked

    monkeypatch.setattr(tokens, "LOCK_WAIT_S", 0.1)
    holder = token_lock(bench.state_dir, bench.connection)
    waiter = token_lock(bench.state_dir, bench.connection)
    with holder, pytest.raises(Locked), waiter:
        pass


def test_files_of_the_state_directory_are_private(bench: Any) -> None:
    bench.grant()
    bench.expire()
    bench.keeper().access_token()
    modes = {p.stat().st_mode & 0o777 for p in bench.state_dir.rglob("*")}
    assert modes <= {0o700, 0o600}
    assert isinstance(bench.state_dir, Path)


def test_a_process_killed_before_it_stored_leaves_the_grace_of_the_old_token(on_disk: Any) -> None:
    bench, command = on_disk
    pipes: Any = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    racer: Any = subprocess.Popen([*command, "slowly"], text=True, **pipes)
    before = bench.stored()
    assert racer.stdout.readline() == "ready\n"
    racer.stdin.write("\n")
    racer.stdin.flush()
    assert racer.stdout.readline() == "answered\n"
    racer.kill()
    racer.communicate(timeout=20)
    assert bench.stored() == before
    access = bench.keeper(clock=lambda: datetime.now(UTC)).access_token()
    assert access == bench.stored().access_token != before.access_token
    assert bench.token_requests() == 2
