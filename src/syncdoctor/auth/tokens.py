"""Keeping tokens: one refresh for all processes, and no token ever lost.

Under a lock for each connection: read the store again, refresh, judge the answer, store it, then
use it. The lock is freed by the kernel when its holder dies.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from syncdoctor.auth.cooldown import Cooldown
from syncdoctor.auth.credential import renewing_hint, word
from syncdoctor.auth.errors import TokenDelayed, TokenRefused
from syncdoctor.auth.lapse import note_grant
from syncdoctor.auth.renewals import Renewals
from syncdoctor.auth.token import Token, judge_token_answer
from syncdoctor.auth.token_command import read_token
from syncdoctor.auth.token_requests import TokenRequests, oauth_of
from syncdoctor.auth.uninterrupted import uninterrupted
from syncdoctor.engine.provider import Provider
from syncdoctor.errors import Locked, StoreError
from syncdoctor.model import App, Connection, Exchange, Ownership, Transport

if TYPE_CHECKING:
    from syncdoctor.auth.vault import Vault
    from syncdoctor.wire.client import Answer, Client
    from syncdoctor.wire.line import Line

__all__ = ["Token", "TokenKeeper", "connection_key", "judge_token_answer", "token_lock"]

COOL_DOWN_S = 30.0
LOCK_WAIT_S = 90.0
# The request may have reached the provider, which then spent the refresh token unseen.
ANSWER_LOST = frozenset({Transport.READ_TIMEOUT, Transport.RESET, Transport.INCOMPLETE})


def connection_key(connection: Connection) -> str:
    """The name of a connection's token in the store."""
    return f"connection/{connection.uid}"


@contextmanager
def token_lock(state_dir: Path, connection: Connection) -> Iterator[None]:
    """Hold the right to change a connection's token; :class:`Locked` after 90 s of waiting."""
    from filelock import FileLock, Timeout

    path = state_dir / "locks" / f"token-{connection.uid}.lock"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = FileLock(path, mode=0o600, fallback_to_soft=False)
        lock.acquire(timeout=LOCK_WAIT_S)
    except Timeout:
        raise Locked(
            f"Another run holds the token of {connection.target}.", "Run again when it has ended."
        ) from None
    except OSError as error:
        raise StoreError(
            f"The state directory {state_dir} cannot be used: {error.strerror}.",
            f"Look at it: ls -ld {state_dir}",
        ) from None
    try:
        yield
    finally:
        lock.release()


class TokenKeeper:
    """Gives one connection's access token, and renews it when it must be.

    ``access_token`` is what :class:`syncdoctor.wire.client.Client` takes as its ``token``.
    ``exchanges`` are the token requests that were made, for diagnosis; the errors
    :class:`TokenRefused` and :class:`TokenDelayed` carry their own as ``exchange``.
    """

    def __init__(
        self,
        connection: Connection,
        app: App,
        provider: Provider,
        vault: Vault,
        *,
        state_dir: Path,
        client: Client | None = None,
        line: Line | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        cool_down_s: float = COOL_DOWN_S,
    ) -> None:
        """Nothing is read yet.

        Args:
            state_dir: where the lock is.
            client: for token requests; one is made when it is None.
            line: how a client that is made reaches the provider.
            clock: the time, with a zone.
            cool_down_s: seconds without another try after a failed refresh; 0 always tries.
        """
        self._connection, self._app, self._provider = connection, app, provider
        self._vault, self._state_dir, self._clock = vault, state_dir, clock
        self._client, self._line = client, line
        self._exchanges: list[Exchange] = []
        self._given: str | None = None
        self._held: Token | None = None
        self._borrowed: Token | None = None
        notes = state_dir / "locks" / f"token-{connection.uid}"
        self._cooldown = Cooldown(notes.with_suffix(".failed.json"), cool_down_s, clock)
        limit = provider.oauth.renewals if provider.oauth else None
        self._renewals = Renewals(notes.with_suffix(".renewed.json"), limit, clock)

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The token requests that were made, oldest first."""
        return tuple(self._exchanges)

    def stored(self) -> Token | None:
        """The token as it lies in the store, for diagnosis; None when there is none."""
        raw = self._vault.get(connection_key(self._connection))
        return None if raw is None else Token.from_json(raw)

    def access_token(self, refused: bool = False) -> str:
        """An access token that should work.

        Args:
            refused: the one given last was refused, whatever its lifetime said.

        Raises:
            SignInNeeded: a person must sign in; the hint is the command.
            TemporaryFailure: none this time; nothing was lost.
            StoreError: the store is locked, absent or damaged.
            Locked: another run held the token for too long.
        """
        if self._connection.ownership is Ownership.BORROWED or self._command:
            return self._give(self._borrow(refused=refused))
        if self._held is not None and self._usable(self._held, refused=refused):
            return self._give(self._held)  # the store is asked anew when it is refused or old
        token = self._read()
        if self._usable(token, refused=refused):
            return self._give(token)
        if token.refresh_token is None:
            self._sign_in("has expired or was revoked, and it cannot be renewed")
        with token_lock(self._state_dir, self._connection):
            token = self._read()
            if not self._usable(token, refused=refused):
                token = self._refresh(token)
        return self._give(token)

    @property
    def _command(self) -> str | None:
        command = self._connection.settings.get("token_command")
        return str(command) if command else None

    def _give(self, token: Token) -> str:
        self._given, self._held = token.access_token, token
        return token.access_token

    def _usable(self, token: Token, *, refused: bool) -> bool:
        """Fresh, and not the very one that was refused: another process may have renewed it."""
        if refused and self._given in (None, token.access_token):
            return False
        return token.fresh(self._clock())

    def _read(self) -> Token:
        token = self.stored()
        if token is None:
            self._sign_in("is not in the store")
        return token

    def _sign_in(self, what: str) -> NoReturn:
        target = self._connection.target
        raise TokenRefused(
            f"The {word(self._connection)} of {target} {what}.", renewing_hint(self._connection)
        )

    def _borrow(self, *, refused: bool) -> Token:
        """The product's own token: read afresh when it was refused or is old, never renewed."""
        target, known = self._connection.target, self._borrowed
        if known is not None and not refused and known.fresh(self._clock()):
            return known
        token = read_token(self._command, target) if self._command else self._read()
        stale = refused and token.access_token == self._given
        if stale or not token.fresh(self._clock()):
            raise TokenRefused(
                f"The token of {target} has expired or was refused. It is borrowed: "
                "the product owns it, so it is not renewed here.",
                "Reconnect in the product, then run again.",
            )
        self._borrowed = token
        return token

    def _refresh(self, token: Token) -> Token:
        """Renew under the lock; the old token stays in the store until a new one is proven."""
        self._cooldown.raise_if_cooling(token)
        if token.refresh_token is None:
            self._sign_in("has expired or was revoked, and it cannot be renewed")
        self._vault.check()  # a rotated token that cannot be kept would be lost
        with self._wire() as client:
            requests = TokenRequests(self._app, self._provider, self._vault, client)
            return self._renew(requests, token)

    def _renew(self, requests: TokenRequests, token: Token) -> Token:
        try:
            return self._refresh_and_store(requests, token)
        except (TokenRefused, TokenDelayed) as error:
            current = self._read()
            if current.refresh_token == token.refresh_token:
                self._cooldown.begin(token, error)
                raise
        # Somebody without our lock (another state directory) has rotated it meanwhile.
        if current.fresh(self._clock()):
            return current
        return self._refresh_and_store(requests, current)

    def _refresh_and_store(self, requests: TokenRequests, token: Token) -> Token:
        with uninterrupted():
            answer = self._ask(requests, token)
            new = judge_token_answer(
                answer, target=self._connection.target, previous=token, now=self._clock()
            )
            self._store(new)
        self._cooldown.end()
        note_grant(self._state_dir, self._connection, new)
        return new

    def _ask(self, requests: TokenRequests, token: Token) -> Answer:
        """Ask, and once more when the answer was lost and the old refresh token still holds."""
        facts = oauth_of(self._provider)
        again = facts.grace_s > 0 or not facts.rotates
        self._renewals.take(self._connection.target)
        answer = requests.refresh(token)
        self._exchanges.append(answer.exchange)
        if answer.exchange.transport in ANSWER_LOST and again:
            self._renewals.take(self._connection.target)
            answer = requests.refresh(token)
            self._exchanges.append(answer.exchange)
        return answer

    def _store(self, token: Token) -> None:
        """Store, and once more after a moment: the old refresh token may be spent by now."""
        key, text = connection_key(self._connection), token.to_json()
        try:
            self._vault.put(key, text)
        except StoreError:
            time.sleep(0.1)
            self._vault.put(key, text)

    def _wire(self) -> AbstractContextManager[Client]:
        if self._client is not None:
            return nullcontext(self._client)
        from syncdoctor.wire.client import Client
        from syncdoctor.wire.line import Line

        return Client(self._provider, self._app, line=self._line or Line())
