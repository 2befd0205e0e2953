"""``diagnose --write-test``: a small draft is made at the provider, read back and taken away.

Only what somebody asked for by name is written, and only a draft. The contact that it names is
made once and stays: contacts cannot be taken away everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import NoReturn

from syncdoctor.engine.adapter import Adapter, Item, Ref, Remote, Request, Standing, Withdrawing
from syncdoctor.engine.record import CONTACT, INVOICE, Record
from syncdoctor.errors import SyncdoctorError, UsageError
from syncdoctor.model import Check, Connection, Exchange
from syncdoctor.resync.dispatch import Dispatcher, Sender
from syncdoctor.resync.initial import adapter_of
from syncdoctor.resync.pages import Wanted, answers
from syncdoctor.resync.plan import settled
from syncdoctor.resync.trial import open_to_trial, trial_record
from syncdoctor.resync.verdicts import narrowed
from syncdoctor.wire.client import Answer

NAME = "write-test"
SUMMARY = "whether a draft can be made, read back and taken away; only with --write-test"


def writer_of(provider: str) -> Adapter | None:
    """The adapter of a provider where a draft can be made and taken away; else None."""
    adapter = adapter_of(provider)
    able = adapter is not None and INVOICE in adapter.kinds and isinstance(adapter, Withdrawing)
    return adapter if able else None


def check(connection: Connection, client: Sender, now: datetime) -> Check:
    """Make the draft, read it back, take it away; the first step that fails is the result.

    Args:
        client: may write.

    Raises:
        UsageError: the provider takes no draft that could be taken away again.
    """
    adapter = writer_of(connection.provider)
    if adapter is None:
        raise UsageError(
            f"{connection.target}: no draft can be made and taken away at {connection.provider}.",
            f"syncdoctor diagnose {connection.target}",
        )
    settings = open_to_trial(connection).settings
    record = settled(trial_record(now), settings, adapter.account_setting)
    with Dispatcher(lambda: client, 1) as dispatcher:
        try:
            return _Trial(adapter, dispatcher, record).run()
        except _Failed as failed:
            exchange = failed.exchange
            return Check(NAME, "problem" if exchange else "crashed", failed.words, exchange)
        except SyncdoctorError as error:
            return Check(NAME, "crashed", error.message)


class _Failed(Exception):
    """A step failed; ``exchange`` shows how, where an answer told it."""

    def __init__(self, words: str, exchange: Exchange | None = None) -> None:
        super().__init__(words)
        self.words = words
        self.exchange = exchange


@dataclass(frozen=True, slots=True)
class _Trial:
    adapter: Adapter
    dispatcher: Dispatcher
    record: Record

    def run(self) -> Check:
        """All steps; the provider holds no draft of ours afterwards."""
        self._made(Item(self.record, self._contact()))
        remote = self._found(Ref.of(self.record))
        if remote is None:
            self._left("is not found again")
        if self.adapter.compare(self.record, remote).standing is not Standing.SAME:
            self._withdraw(remote)
            raise _Failed("the draft that was made came back as another; it is taken away")
        self._withdraw(remote)
        words = f"the draft {self.record.number} was made, read back and taken away"
        return Check(NAME, "ok", f"{words}; its contact {self.record.contact_name} stays")

    def _contact(self) -> str | None:
        if CONTACT not in self.adapter.kinds:
            return None
        contact = Record(CONTACT, self.record.contact_name)
        remote = self._found(Ref.of(contact))
        if remote is not None:
            return remote.id
        made = self._made(Item(contact))
        if made is None and (remote := self._found(Ref.of(contact))) is not None:
            return remote.id
        return made

    def _made(self, item: Item) -> str | None:
        """Send one record; the provider's id, where it tells it."""
        kind = item.record.kind
        answer = self._send(self.adapter.create(kind, [item]))
        outcomes = self.adapter.outcomes(kind, 1, answer.body) if _told(answer) else None
        if outcomes is None:
            raise _Failed(f"the {kind} {item.record.key} was refused", answer.exchange)
        (outcome,) = outcomes
        if not outcome.accepted:
            words = f"the {kind} {item.record.key} was refused: {outcome.message}"
            raise _Failed(words, narrowed(answer.exchange, outcome))
        return outcome.provider_id

    def _found(self, ref: Ref) -> Remote | None:
        return next((r for r in self._look_up([ref]) if r.answers(ref)), None)

    def _look_up(self, refs: Sequence[Ref]) -> Iterator[Remote]:
        kind, wanted = refs[0].kind, Wanted(refs)
        asked, further = self.adapter.look_up(kind, refs), partial(self.adapter.further, kind)
        for future in answers(self.dispatcher, asked, wanted, further):
            answer = future.result()
            found = self.adapter.found(kind, answer.body) if answer.ok else None
            if found is None:
                raise _Failed(f"{kind} {refs[0].key} could not be asked for", answer.exchange)
            wanted.take(found)
        yield from wanted.found

    def _withdraw(self, remote: Remote) -> None:
        if not isinstance(self.adapter, Withdrawing):
            raise TypeError(self.adapter)
        answer = self._send(self.adapter.withdraw(remote))
        if not answer.ok:
            self._left("could not be taken away", answer.exchange)
        if self._found(Ref.of(self.record)) is not None:
            self._left("is still there")

    def _left(self, why: str, exchange: Exchange | None = None) -> NoReturn:
        words = f"the draft {self.record.number} was made and {why}; delete it by hand"
        raise _Failed(words, exchange)

    def _send(self, request: Request) -> Answer:
        return self.dispatcher.submit(request).result()


def _told(answer: Answer) -> bool:
    """Whether the answer may speak of the record: errors of a record come with 400 or 422."""
    return answer.ok or answer.status in (400, 422)
