"""The order of a sync: what earlier runs left, then contacts, then the documents that name them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from syncdoctor.engine.adapter import Adapter, Item, Ref, Remote, Standing
from syncdoctor.engine.record import CONTACT, Operation, OperationState, Record
from syncdoctor.model import Cause
from syncdoctor.resync.batches import Task
from syncdoctor.resync.journal import Journal
from syncdoctor.resync.plan import Identity, Step
from syncdoctor.resync.sending import Sending
from syncdoctor.store.operations import Result

S = OperationState
UNVERIFIED = ""  # equal to no content: the next run compares


@dataclass(frozen=True, slots=True)
class Contacts:
    """Where each contact stands at the provider, by name in lower case."""

    ids: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


class Stages:
    """Runs the stages of one sync; each ends early when ``sending`` stops."""

    def __init__(self, sending: Sending, journal: Journal, adapter: Adapter) -> None:
        self._sending = sending
        self._journal = journal
        self._adapter = adapter

    def run(self, steps: Sequence[Step]) -> None:
        """Bring every step to its end, or stop where ``sending`` stops."""
        found = self._resolve(self._journal.adopt(), steps)
        if found is None or self._sending.halted:
            return
        operations = self._journal.plan([(*s.identity, s.content_hash) for s in steps])
        tasks = [
            Task(operation, Item(step.record), step, step.tried)
            for operation, step in zip(operations, steps, strict=True)
        ]
        contacts = [t for t in tasks if t.item.record.kind == CONTACT]
        documents = [t for t in tasks if t.item.record.kind != CONTACT]
        known = self._contacts(contacts, documents)
        if known is not None and not self._sending.halted:
            self._documents(documents, known, found)

    # -- what earlier runs left ------------------------------------------------------------------

    def _resolve(
        self, left: Sequence[Operation], steps: Sequence[Step]
    ) -> Mapping[Identity, Remote | None] | None:
        """Look up the intents that have no result: what stands there, by kind and key.

        An intent that arrived is confirmed, one that did not goes back to planned.
        """
        by_identity = {step.identity: step for step in steps}
        found: dict[Identity, Remote | None] = {}
        for kind in self._adapter.kinds:
            mine = [o for o in left if o.kind == kind]
            refs = {o.key: Ref(kind, o.key) for o in mine}
            remotes = self._find(kind, refs)
            if remotes is None:
                return None
            found.update({(kind, key): remote for key, remote in remotes.items()})
            self._journal.settle(
                [self._resolved(o, remotes[o.key], by_identity.get((kind, o.key))) for o in mine]
            )
        return found

    def _resolved(self, operation: Operation, remote: Remote | None, step: Step | None) -> Result:
        if remote is None:
            return Result(operation.id, S.PLANNED)
        if step is None or step.content_hash != operation.content_hash:
            # It is there, but whether with what was sent then cannot be told any more.
            return Result(operation.id, S.CONFIRMED, remote.id, content_hash=UNVERIFIED)
        if self._adapter.compare(step.record, remote).standing is Standing.SAME:
            return Result(operation.id, S.CONFIRMED, remote.id)
        return Result(operation.id, S.PLANNED)

    # -- contacts --------------------------------------------------------------------------------

    def _contacts(self, explicit: Sequence[Task], documents: Sequence[Task]) -> Contacts | None:
        """Find or make every contact that is sent or named; None when nobody could be asked."""
        known = Contacts()
        wanted = {_name(t.item.record): t.ref for t in explicit}
        for task in documents:
            record = task.item.record
            ref = Ref(CONTACT, record.contact_name, record.contact_number)
            wanted.setdefault(_name(record), ref)
        if CONTACT not in self._adapter.kinds:
            return known
        there = self._find(CONTACT, wanted)
        if there is None:
            return None
        self._note_contacts(there, known)
        to_send = [
            sent
            for task in explicit
            if (sent := self._unless_there(task, there[_name(task.item.record)]))
        ]
        have = {name for name, remote in there.items() if remote is not None}
        to_send += self._implied(documents, have | {_name(t.item.record) for t in explicit})
        self._sending.flush()
        self._sending.send(to_send)
        for task in to_send:
            operation, name = self._journal.now(task.operation.id), _name(task.item.record)
            if operation.state is S.CONFIRMED and operation.provider_id:
                known.ids[name] = operation.provider_id
            elif operation.state is S.REJECTED:
                known.refused.setdefault(name, f"was refused: {operation.message}")
        return known

    def _note_contacts(self, there: Mapping[str, Remote | None], known: Contacts) -> None:
        for name, remote in there.items():
            if remote is None:
                continue
            comparison = self._adapter.compare(Record(CONTACT, remote.key), remote)
            if comparison.standing is Standing.LOCKED:
                known.refused[name] = f"{comparison.why}."
            else:
                known.ids[name] = remote.id

    def _implied(self, documents: Sequence[Task], have: set[str]) -> list[Task]:
        """Contacts that documents name and that are not there yet."""
        missing: dict[str, Record] = {}
        for record in (task.item.record for task in documents):
            if _name(record) not in have:
                made = Record(
                    CONTACT,
                    record.contact_name,
                    contact_email=record.contact_email,
                    contact_number=record.contact_number,
                )
                missing.setdefault(_name(record), made)
        records = list(missing.values())
        operations = self._journal.plan([(CONTACT, r.key, r.content_hash()) for r in records])
        return [Task(o, Item(r)) for o, r in zip(operations, records, strict=True)]

    # -- documents -------------------------------------------------------------------------------

    def _documents(
        self,
        documents: Sequence[Task],
        known: Contacts,
        found: Mapping[Identity, Remote | None],
    ) -> None:
        ready = []
        for task in documents:
            record = task.item.record
            name = _name(record)
            if name in known.refused:
                message = f"Its contact {record.contact_name} {known.refused[name]}"
                self._sending.refuse(task, message, Cause.RECORD_INVALID)
            elif name in known.ids or CONTACT not in self._adapter.kinds:
                ready.append(replace(task, item=replace(task.item, contact_id=known.ids.get(name))))
        there = dict(found)
        for kind in self._adapter.kinds:
            asked = {
                t.operation.key: t.ref
                for t in ready
                if t.operation.kind == kind
                and t.look_first
                and (kind, t.operation.key) not in found
            }
            remotes = self._find(kind, asked)
            if remotes is None:
                return
            there.update({(kind, key): remote for key, remote in remotes.items()})
        to_send = [
            sent
            for task in ready
            if (sent := self._unless_there(task, there.get((task.ref.kind, task.ref.key))))
        ]
        self._sending.flush()
        self._sending.send(to_send)

    def _unless_there(self, task: Task, remote: Remote | None) -> Task | None:
        return task if remote is None else self._sending.compared(task, remote)

    def _find(self, kind: str, refs: Mapping[str, Ref]) -> dict[str, Remote | None] | None:
        """The provider's record for each, under the same names; None when it cannot be asked."""
        if not refs:
            return {}
        remotes = self._sending.look_up(kind, list(refs.values()))
        if remotes is None:
            return None
        return {
            name: next((r for r in remotes if r.answers(ref)), None) for name, ref in refs.items()
        }


def _name(record: Record) -> str:
    return " ".join(record.contact_name.split()).casefold()
