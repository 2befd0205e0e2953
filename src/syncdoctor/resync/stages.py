"""The order of a sync: what earlier runs left, then contacts, then the documents that name them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from syncdoctor.engine.adapter import (
    Adapter,
    Item,
    Ref,
    Remote,
    Standing,
    Translating,
    Unbacked,
    folded,
)
from syncdoctor.engine.record import (
    CONTACT,
    CONTACTS,
    SUPPLIER,
    Operation,
    OperationState,
    Record,
)
from syncdoctor.model import Cause
from syncdoctor.resync.backing import backed_by, is_backed, once
from syncdoctor.resync.batches import Task
from syncdoctor.resync.journal import Journal
from syncdoctor.resync.plan import Identity, Step
from syncdoctor.resync.sending import Sending
from syncdoctor.store.operations import Result

S = OperationState
UNVERIFIED = ""  # equal to no content: the next run compares


@dataclass(frozen=True, slots=True)
class Contacts:
    """Where each contact stands at the provider, by kind and name in lower case."""

    ids: dict[Identity, str] = field(default_factory=dict)
    refused: dict[Identity, str] = field(default_factory=dict)


class Stages:
    """Runs the stages of one sync; each ends early when ``sending`` stops."""

    def __init__(self, sending: Sending, journal: Journal, adapter: Adapter) -> None:
        self._sending = sending
        self._journal = journal
        self._adapter = adapter
        # Records that name their contact in words need none at the provider.
        linked = not getattr(adapter, "self_contained", False)
        self._has_contacts = linked and CONTACT in adapter.kinds
        self._ask = once(sending.ask)
        # What an adapter can do is found out once: it takes longer than to make a record.
        self._translating = adapter if isinstance(adapter, Translating) else None
        self._backed = frozenset(kind for kind in adapter.kinds if is_backed(adapter, kind))

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
        first = CONTACT if self._has_contacts else None
        contacts = [t for t in tasks if t.item.record.kind == first]
        documents = [t for t in tasks if t.item.record.kind != first]
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
            return Result(
                operation.id,
                S.CONFIRMED,
                remote.id,
                content_hash=UNVERIFIED,
                version=remote.version,
            )
        if self._adapter.compare(step.record, remote).standing is Standing.SAME:
            return Result(operation.id, S.CONFIRMED, remote.id, version=remote.version)
        return Result(operation.id, S.PLANNED)

    # -- contacts --------------------------------------------------------------------------------

    def _contacts(self, explicit: Sequence[Task], documents: Sequence[Task]) -> Contacts | None:
        """Find or make every contact that is sent or named; None when nobody could be asked."""
        known = Contacts()
        if not self._has_contacts:
            return known
        wanted = {_name(t.item.record): t.ref for t in explicit}
        bearing = [d for d in (t.item.record for t in documents) if d.kind not in self._backed]
        named = {_name(c): c for c in (self._contact_of(document) for document in bearing)}
        wanted = {name: Ref.of(contact) for name, contact in named.items()} | wanted
        there = self._contacts_there(wanted)
        if there is None:
            return None
        self._note_contacts(there, known)
        to_send = [
            sent
            for task in explicit
            if (sent := self._unless_there(task, there[_name(task.item.record)]))
        ]
        have = {name for name, remote in there.items() if remote is not None}
        have |= {_name(t.item.record) for t in explicit}
        to_send += self._implied([contact for name, contact in named.items() if name not in have])
        ready = self._on_backing(to_send)
        self._sending.flush()
        self._sending.send(ready)
        for task in to_send:
            operation, name = self._journal.now(task.operation.id), _name(task.item.record)
            if operation.state is S.CONFIRMED and operation.provider_id:
                known.ids[name] = operation.provider_id
            elif operation.state is S.REJECTED:
                known.refused.setdefault(name, f"was refused: {operation.message}")
        return known

    def _contact_of(self, document: Record) -> Record:
        """The contact that a document names: of a bill, a supplier where they are kept apart."""
        apart = document.is_bill and SUPPLIER in self._adapter.kinds
        return Record(
            SUPPLIER if apart else CONTACT,
            document.contact_name,
            contact_email=document.contact_email,
            contact_number=document.contact_number,
            currency=document.currency if self._translating else None,
        )

    def _contacts_there(
        self, wanted: Mapping[Identity, Ref]
    ) -> Mapping[Identity, Remote | None] | None:
        there: dict[Identity, Remote | None] = {}
        for kind in CONTACTS:
            refs = {name[1]: ref for name, ref in wanted.items() if name[0] == kind}
            found = self._find(kind, refs)
            if found is None:
                return None
            there |= {(kind, name): remote for name, remote in found.items()}
        return there

    def _note_contacts(self, there: Mapping[Identity, Remote | None], known: Contacts) -> None:
        for name, remote in there.items():
            if remote is None:
                continue
            comparison = self._adapter.compare(Record(name[0], remote.key), remote)
            if comparison.standing is Standing.LOCKED:
                known.refused[name] = f"{comparison.why}."
            else:
                known.ids[name] = remote.id

    def _implied(self, records: Sequence[Record]) -> list[Task]:
        """Contacts that documents name and that are not there yet."""
        operations = self._journal.plan([(r.kind, r.key, r.content_hash()) for r in records])
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
            name = _name(self._contact_of(record))
            if name in known.refused:
                message = f"Its contact {record.contact_name} {known.refused[name]}"
                self._sending.refuse(task, message, Cause.RECORD_INVALID)
            elif name in known.ids or record.kind in self._backed or not self._has_contacts:
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
        to_send = self._on_backing(to_send)
        self._sending.flush()
        self._sending.send(to_send)

    def _on_backing(self, tasks: Sequence[Task]) -> list[Task]:
        """The tasks that may be sent, with what they rest on; the others are refused."""
        new = [t for t in tasks if t.item.remote is None]
        waiting = [t for t in new if self._has_to_ask(t.item.record)]
        if not waiting:
            return list(tasks)
        held = {t.operation.id for t in waiting}
        ready = [t for t in tasks if t.operation.id not in held]
        for kind in self._adapter.kinds:
            mine = [t for t in waiting if t.item.record.kind == kind]
            records = [t.item.record for t in mine]
            backing = backed_by(self._adapter, kind, records, self._ask)
            for task, found in zip(mine, backing or (), strict=False):
                if isinstance(found, Unbacked):
                    self._sending.refuse(task, found.message, found.cause)
                else:
                    ready.append(replace(task, item=replace(task.item, backing=found)))
        return ready

    def _has_to_ask(self, record: Record) -> bool:
        """Whether the provider must be asked for something before a new record can be written."""
        if record.kind in self._backed:
            return True
        return self._translating is not None and self._translating.ask_ids(record) is not None

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


def _name(contact: Record) -> Identity:
    return contact.kind, folded(contact.contact_name)
