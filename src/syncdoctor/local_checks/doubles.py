"""Pending records that double one which the provider has: it is asked for their numbers.

Read-only and bounded: a diagnosis has to be quick, and a provider's limits are the customer's.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from syncdoctor.engine.adapter import Adapter, Ref, Remote, Standing
from syncdoctor.engine.record import CONTACTS, EVENT, Record
from syncdoctor.errors import SyncdoctorError, UsageError
from syncdoctor.local_checks.outcome import outcome
from syncdoctor.model import Check
from syncdoctor.states import Case

if TYPE_CHECKING:
    from syncdoctor.wire.client import Client

NAME = "doubles"
RECENT = timedelta(days=7)
MOST_RECORDS = 2000  # that are looked at in the source
MOST_NUMBERS = 50  # that are asked for, of each kind
MOST_REQUESTS = 10  # for each kind
SHOWN = 3


def ask(case: Case, client: Client) -> Check | None:
    """Whether the numbers of what waits are taken at the provider; None where nothing waits."""
    from syncdoctor.resync.initial import adapter_for

    adapter = adapter_for(case.connection)
    waiting = _waiting(case, adapter) if adapter else []
    if adapter is None or not waiting:
        return None
    asked, taken = 0, []
    try:
        for kind in adapter.kinds:
            records = [record for record in waiting if record.kind == kind][:MOST_NUMBERS]
            there = list(_look_up(kind, [Ref.of(r) for r in records], adapter, client))
            asked += len(records)
            taken += [record for record in records if _is_taken(record, there, adapter)]
    except SyncdoctorError as error:
        return Check(NAME, "skipped", f"the provider could not be asked: {error.message}")
    names = "; ".join(f"{record.kind} {record.key}" for record in taken[:SHOWN])
    more = f" and {len(taken) - SHOWN} more" if len(taken) > SHOWN else ""
    fine = f"of {asked} numbers that wait, none is another record's at {case.provider.name}"
    wrong = f"at {case.provider.name} already, with other content: {names}{more}"
    return outcome(NAME, fine, wrong, records_doubled=bool(taken))


def _waiting(case: Case, adapter: Adapter) -> list[Record]:
    """What the next sync would make: recent, let through, and not sent before."""
    from syncdoctor.resync.plan import Known, Selection, plan
    from syncdoctor.resync.sources import open_source

    if case.workspace.source is None or case.background is None:
        return []
    known = Known(case.background.confirmed)
    since = case.background.now - RECENT
    selection = Selection(since, channels=case.workspace.channels)
    try:
        entries = list(islice(open_source(case.workspace.source).entries(), MOST_RECORDS))
    except UsageError:
        return []  # the check of the source says so
    steps = plan(entries, adapter, case.connection.settings, selection, known).steps
    # A contact that is there is taken as it is; events go by ids of our own.
    left_out = (*CONTACTS, EVENT)
    return [
        s.record
        for s in steps
        if s.identity not in known.confirmed and s.record.kind not in left_out
    ]


def _look_up(kind: str, refs: Sequence[Ref], adapter: Adapter, client: Client) -> Iterator[Remote]:
    from syncdoctor.resync.pages import Wanted, found_in, next_page

    wanted = Wanted(refs)
    waiting = deque(adapter.look_up(kind, refs) if refs else ())
    for _ in range(MOST_REQUESTS):
        if not waiting or wanted.complete:
            break
        request = waiting.popleft()
        answer = client.send(
            request.method,
            request.path,
            params=dict(request.params),
            json=request.json,
            headers=dict(request.headers),
        )
        wanted.take(found_in(adapter, kind, answer) or ())
        page = next_page(request, answer)
        more = [
            *(adapter.further(kind, answer.body) if answer.ok else ()),
            *([page] if page else []),
        ]
        waiting.extendleft(reversed(more))
    yield from wanted.found


def _is_taken(record: Record, there: Sequence[Remote], adapter: Adapter) -> bool:
    """Whether another record has its number; the same one was sent by somebody else before."""
    ref = Ref.of(record)
    found = next((remote for remote in there if remote.answers(ref)), None)
    return found is not None and adapter.compare(record, found).standing is not Standing.SAME
