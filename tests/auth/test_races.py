"""Many processes and one rotating token: one request for all, and nobody's death loses it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from syncdoctor.auth.passphrase import PassphraseSource
from syncdoctor.auth.sealed_file import SealedFile
from syncdoctor.auth.token import Token

PROCESSES = 32
ROUNDS = 20
# One process that is ready forks the racers, so that they start within milliseconds of each other.
NURSERY = """
import os, sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from syncdoctor.auth.passphrase import PassphraseSource
from syncdoctor.auth.sealed_file import SealedFile
from syncdoctor.auth.token import Token
from syncdoctor.auth.tokens import TokenKeeper, connection_key
from syncdoctor.config import Config
from syncdoctor.engine.catalogue import load
from syncdoctor.wire.client import Client

config, state, password, cache = (Path(a) for a in sys.argv[1:5])
connection, app = Config(config).connection("acme/xero"), Config(config).app("xero")
provider = load(cache_dir=cache).providers["xero"]
vault = SealedFile(state / "tokens.sealed", PassphraseSource(str(password)))


def race(barrier, out):
    os.read(barrier, 1)  # ends when the nursery closes its end: all go at once
    keeper = TokenKeeper(connection, app, provider, vault, state_dir=state)
    try:
        said = keeper.access_token()
    except BaseException as error:
        said = f"failed: {error!r}"
    os.write(out, (said.replace(chr(10), " ") + chr(10)).encode())
    os._exit(0)


for _ in range(int(sys.argv[5])):
    key = connection_key(connection)
    token = Token.from_json(vault.get(key))
    past = datetime.now(UTC) - timedelta(hours=1)
    vault.put(key, replace(token, expires_at=past).to_json())
    barrier, gate = os.pipe()
    results, out = os.pipe()
    racers = []
    for _ in range(int(sys.argv[6])):
        if (child := os.fork()) == 0:
            os.close(gate)
            race(barrier, out)
        racers.append(child)
    os.close(gate), os.close(barrier), os.close(out)
    with os.fdopen(results) as said:
        lines = said.read().splitlines()
    for child in racers:
        os.waitpid(child, 0)
    print(len(lines), len(set(lines)), sum(l.startswith("failed") for l in lines), flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def on_disk(bench: Any, tmp_path: Path, shared_cache: Path) -> Any:
    """The bench with its token in an encrypted file; what a process needs to find it."""
    password = tmp_path / "passphrase"
    password.write_text("correct horse battery\n")
    vault = SealedFile(bench.state_dir / "tokens.sealed", PassphraseSource(str(password)))
    bench.grant()
    for key in tuple(bench.vault.keys()):
        vault.put(key, bench.vault.get(key))
    bench.vault = vault
    places = (bench.config.directory, bench.state_dir, password, shared_cache)
    return bench, [str(place) for place in places]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_thirty_two_processes_share_one_refresh_twenty_times(on_disk: Any) -> None:
    bench, places = on_disk
    command = [sys.executable, "-c", NURSERY, *places, str(ROUNDS), str(PROCESSES)]
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    nursery: Any = subprocess.Popen(command, text=True, **pipes)
    refresh_tokens = {bench.stored().refresh_token}
    for number in range(1, ROUNDS + 1):
        said = nursery.stdout.readline().split()
        assert said == [str(PROCESSES), "1", "0"], (number, said)
        assert bench.token_requests() == number
        refresh_tokens.add(bench.stored().refresh_token)
        nursery.stdin.write("\n")
        nursery.stdin.flush()
    nursery.communicate(timeout=20)
    assert nursery.returncode == 0
    assert len(refresh_tokens) == ROUNDS + 1
    stored = bench.stored()
    assert isinstance(stored, Token)
    bench.expire()
    bench.keeper().access_token()  # the last one of the line still works


HOLDER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from syncdoctor.auth.passphrase import PassphraseSource
from syncdoctor.auth.sealed_file import SealedFile
from syncdoctor.auth.tokens import TokenKeeper
from syncdoctor.config import Config
from syncdoctor.engine.catalogue import load
config, state, password, cache = (Path(a) for a in sys.argv[1:5])
connection, app = Config(config).connection("acme/xero"), Config(config).app("xero")
provider = load(cache_dir=cache).providers["xero"]
vault = SealedFile(state / "tokens.sealed", PassphraseSource(str(password)))
keeper = TokenKeeper(connection, app, provider, vault, state_dir=state)
keeper.access_token(refused=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9")
def test_a_holder_killed_in_the_middle_of_its_request_is_followed_within_five_seconds(
    on_disk: Any,
) -> None:
    """The provider has the request of the dead one; the next one asks again and is served."""
    bench, places = on_disk
    bench.sandbox.world.switch_on("slow", seconds=2, times=1)
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, *places])
    limit = time.monotonic() + 30
    while "slow" in bench.sandbox.world.switchboard.active():  # its request has not come yet
        assert time.monotonic() < limit
        time.sleep(0.02)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    started = time.monotonic()
    before = bench.stored()
    access = bench.keeper().access_token(refused=True)
    assert time.monotonic() - started < 5
    after = bench.stored()
    assert after.access_token == access != before.access_token
    time.sleep(0.2)
    bench.expire()
    bench.keeper().access_token()
