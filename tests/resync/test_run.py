from __future__ import annotations

import dataclasses
import itertools
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from syncdoctor.errors import Guarded, Locked, UsageError
from syncdoctor.model import Cause, State, Trigger
from syncdoctor.resync.dry import dry_run
from syncdoctor.resync.lock import lock
from syncdoctor.resync.plan import Selection
from syncdoctor.resync.report import RecordOutcome, Report
from syncdoctor.resync.run import Stop
from syncdoctor.store.rows import Counts, SyncStatus
from syncdoctor.wire.client import Client

if TYPE_CHECKING:
    from tests.resync.conftest import Bench, Forgetful, SandboxBench

R = RecordOutcome


def outcomes(report: Report) -> dict[str, RecordOutcome]:
    return {event.key: event.outcome for event in report.events}


def test_contacts_are_made_first_and_everything_is_sent_in_batches(live: SandboxBench) -> None:
    live.write(
        *(live.row(f"INV-{n:03}", contact=f"Customer {n % 7}") for n in range(120)),
        live.row("CN-1", kind="credit-note", contact="Juniper & Co"),
    )
    report = live.resync(trigger=Trigger.AUTOMATIC)
    assert report.exit_code == 0
    assert report.counts == {R.CONFIRMED: 121}
    assert len(live.documents()) == 120
    assert live.documents("CreditNotes")["CN-1"]["Type"] == "ACCRECCREDIT"
    assert live.requests("PUT", "/Contacts") == 1
    assert live.requests("PUT", "/Invoices") == 3  # 50, 50, 20
    invoice = live.documents()["INV-000"]
    assert (invoice["Status"], invoice["SubTotal"], invoice["TotalTax"]) == ("AUTHORISED", 120, 24)
    assert report.sync is not None
    assert report.sync.counts == Counts(confirmed=121)
    assert (report.sync.status, report.sync.trigger) == (SyncStatus.SUCCEEDED, Trigger.AUTOMATIC)


def test_twice_is_once(live: SandboxBench) -> None:
    live.write_invoices(60)
    live.resync()
    live.world.forget_requests()
    report = live.resync()
    assert report.counts == {R.UNCHANGED: 60}
    assert live.world.requests() == []
    assert len(live.documents()) == 60


def test_what_another_program_sent_is_found_and_left_alone(live: SandboxBench) -> None:
    live.write_invoices(3)
    live.resync()
    other = dataclasses.replace(live, directory=live.directory / "other")
    other.directory.mkdir()
    other.write_invoices(4)
    report = other.resync()
    assert report.counts == {R.UNCHANGED: 3, R.CONFIRMED: 1}
    assert len(live.documents()) == 4
    assert live.requests("POST", "/Invoices") == 0


def test_a_changed_record_is_changed_there(live: SandboxBench) -> None:
    live.write(live.row("INV-1"))
    live.resync()
    live.write(live.row("INV-1", amount="99.5"))
    assert live.resync().counts == {R.CONFIRMED: 1}
    assert live.documents()["INV-1"]["SubTotal"] == 99.5
    assert live.requests("POST", "/Invoices") == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"Status": "PAID"}, "is paid in Xero, where it differs"),
        ({"Status": "VOIDED"}, "was voided in Xero"),
        ({"AmountPaid": 20.0}, "is paid in part in Xero"),
    ],
)
def test_what_is_final_is_never_wiped(
    live: SandboxBench, fields: dict[str, Any], words: str
) -> None:
    live.write(live.row("INV-1"))
    live.resync()
    live.documents()["INV-1"].update(fields)
    live.write(live.row("INV-1", amount="99.5"))
    report = live.resync()
    (event,) = report.events
    assert (report.exit_code, event.outcome, event.cause) == (3, R.REJECTED, Cause.RECORD_LOCKED)
    assert words in event.message
    assert live.documents()["INV-1"]["SubTotal"] == 120


def test_a_bad_record_does_not_hold_up_the_others(live: SandboxBench) -> None:
    header = (
        "number,contact_name,date,due_date,status,line_description,quantity,unit_amount,account\n"
    )
    live.write(
        "A,Juniper & Co,2026-11-20,2026-12-20,authorised,Advice,1,10,999\n",
        "B,Juniper & Co,2026-11-20,2026-12-20,authorised,Advice,1,10,\n",
        "C,Closed Shop Ltd,2026-11-20,2026-12-20,authorised,Advice,1,10,\n",
        header=header,
    )
    report = live.resync()
    assert outcomes(report) == {"A": R.REJECTED, "B": R.CONFIRMED, "C": R.REJECTED}
    assert report.exit_code == 3
    causes = {e.key: e.cause for e in report.events}
    assert causes["A"] is Cause.SETTING_MISSING
    assert "Closed Shop Ltd is archived in Xero" in {e.key: e.message for e in report.events}["C"]
    with live.open_db() as db:
        evidence = db.evidence("c-1")
    assert evidence is not None
    assert evidence.state is State.LAST_SYNC_FAILED
    assert report.rejects is not None
    assert oct(report.rejects.stat().st_mode)[-3:] == "600"


def test_an_answer_that_was_lost_is_asked_for_and_nothing_is_doubled(live: SandboxBench) -> None:
    live.write_invoices(10)
    live.world.switch_on("lost-answer", times=1, path="Invoices", method="PUT")
    report = live.resync()
    assert report.counts == {R.CONFIRMED: 10}
    assert len(live.documents()) == 10


def test_a_connection_that_broke_before_is_tried_again(bench: Bench, forgetful: Forgetful) -> None:
    numbers = bench.write_invoices(10)
    struck: list[str] = []

    def strike(when: str, path: str) -> int | None:
        if when == "before" and path == "Invoices" and not struck:
            struck.append(path)
            return 0
        return None

    forgetful.strike = strike
    assert bench.resync().counts == {R.CONFIRMED: 10}
    assert forgetful.numbers() == dict.fromkeys(numbers, 1)
    keys = [key for method, path, key in forgetful.calls if (method, path) == ("PUT", "Invoices")]
    assert len(keys) == 2
    assert len(set(keys)) == 1  # the same batch has the same key


@pytest.mark.parametrize("fault", ["server-error", "provider-down", "html-error-page"])
def test_an_outage_stops_with_5_and_the_next_run_finishes(live: SandboxBench, fault: str) -> None:
    live.write_invoices(10)
    live.world.switch_on(fault, path="Invoices", method="PUT")
    report = live.resync()
    assert report.exit_code == 5
    assert report.counts == {R.UNKNOWN: 10}
    assert report.sync is not None
    assert report.sync.status is SyncStatus.FAILED
    live.world.switch_off(fault)
    report = live.resync()
    assert report.exit_code == 0
    assert len(live.documents()) == 10


def test_a_rate_limit_stops_with_5_and_nothing_is_taken_for_sent(live: SandboxBench) -> None:
    live.write_invoices(10)
    live.world.switch_on("rate-limit-day", path="Invoices")
    report = live.resync()
    assert (report.exit_code, report.not_sent) == (5, 10)
    with live.open_db() as db:
        assert db.unresolved("c-1") == ()
    live.world.switch_off("rate-limit-day")
    assert live.resync().counts == {R.CONFIRMED: 10}


def test_a_lost_permission_is_judged(live: SandboxBench) -> None:
    live.write_invoices(2)
    live.world.switch_on("permission-removed")
    report = live.resync()
    assert report.exit_code == 1
    assert report.stopped is not None
    assert report.stopped.finding is not None
    assert report.stopped.finding.cause is Cause.PERMISSION_DENIED
    assert live.documents() == {}


def test_one_record_that_spoils_its_batch_is_found(bench: Bench, forgetful: Forgetful) -> None:
    numbers = bench.write_invoices(20)
    real = forgetful.send

    def send(method: str, path: str = "", **parts: Any) -> Any:
        elements = (parts.get("json") or {}).get(path) or []
        if any(e.get("InvoiceNumber") == numbers[13] for e in elements):
            return forgetful._answer(method, path, 400, {"Message": "JSON could not be read"})
        return real(method, path, **parts)

    forgetful.send = send  # type: ignore[method-assign]
    report = bench.resync()
    assert report.counts == {R.CONFIRMED: 19, R.REJECTED: 1}
    assert outcomes(report)[numbers[13]] is R.REJECTED
    assert sum(forgetful.numbers().values()) == 19


def test_a_refusal_ends_the_sync_before_good_answers_are_written_down(
    bench: Bench, forgetful: Forgetful
) -> None:
    bench.write_invoices(400)
    provider = bench.catalogue.providers["xero"]
    small = dataclasses.replace(provider, limits=dataclasses.replace(provider.limits, batch=2))
    real, puts = forgetful.send, itertools.count(1)

    def send(method: str, path: str = "", **parts: Any) -> Any:
        if (method, path) == ("PUT", "Invoices") and next(puts) >= 20:
            return forgetful._answer(method, path, 403, {"Detail": "AuthorizationUnsuccessful"})
        return real(method, path, **parts)

    forgetful.send = send  # type: ignore[method-assign]
    report = bench.resync(provider=small)
    assert report.stopped is not None
    assert next(puts) <= 20 + 2 * (small.limits.concurrent or 1)
    assert report.counts == {R.CONFIRMED: sum(forgetful.numbers().values())}


def test_a_body_that_would_be_too_large_is_divided(bench: Bench, forgetful: Forgetful) -> None:
    bench.write_invoices(40)
    provider = bench.catalogue.providers["xero"]
    small = dataclasses.replace(provider.limits, max_body_bytes=4_000)
    report = bench.resync(provider=dataclasses.replace(provider, limits=small))
    assert report.counts == {R.CONFIRMED: 40}
    assert len([c for c in forgetful.calls if c[:2] == ("PUT", "Invoices")]) >= 4


def test_stopped_by_hand_the_batches_in_flight_land_and_resume_finishes(
    bench: Bench, forgetful: Forgetful
) -> None:
    numbers = bench.write_invoices(400)
    stop = Stop()

    def strike(when: str, path: str) -> int | None:
        if when == "after" and path == "Invoices":
            stop.code = 143
        return None

    forgetful.strike = strike
    report = bench.resync(stop=stop)
    sent = sum(forgetful.numbers().values())
    assert report.exit_code == 143
    assert 0 < sent < 400
    assert (report.counts[R.CONFIRMED], report.not_sent) == (sent, 400 - sent)
    assert report.sync is not None
    assert report.sync.status is SyncStatus.INTERRUPTED
    with bench.open_db() as db:
        assert db.unresolved("c-1") == ()
    forgetful.strike = lambda _when, _path: None
    # Ten days later the records are no longer recent; the run that wanted them is resumed.
    bench.clock += timedelta(days=10)
    assert bench.resync(resume=True).counts == {R.UNCHANGED: sent, R.CONFIRMED: 400 - sent}
    assert forgetful.numbers() == dict.fromkeys(numbers, 1)


def test_failed_and_record_choose_whatever_the_age(bench: Bench, forgetful: Forgetful) -> None:
    bench.write(bench.row("OLD", day="2026-01-02"), bench.row("BAD", contact="Gone"))
    forgetful.shelves["Contacts"].append(
        {"ContactID": "x", "Name": "Gone", "ContactStatus": "ARCHIVED"}
    )
    assert outcomes(bench.resync()) == {"BAD": R.REJECTED}
    forgetful.shelves["Contacts"].clear()
    bench.clock += timedelta(days=30)
    far = Selection(since=bench.clock, failed=True)
    assert outcomes(bench.resync(selection=far)) == {"BAD": R.CONFIRMED}
    named = Selection(since=bench.clock, records=frozenset({"OLD"}))
    assert outcomes(bench.resync(selection=named)) == {"OLD": R.CONFIRMED}
    # A record that is named is asked for, even when the journal knows it.
    forgetful.shelves["Invoices"].clear()
    assert outcomes(bench.resync(selection=named)) == {"OLD": R.CONFIRMED}
    assert forgetful.numbers() == {"OLD": 1}


def test_guards(bench: Bench, forgetful: Forgetful) -> None:
    bench.write_invoices(3)
    with pytest.raises(Guarded, match="3 records would be sent"):
        bench.resync(selection=Selection(since=bench.clock - timedelta(days=7), max_changes=2))
    assert forgetful.calls == []
    bench.resync()
    bench.write()
    with pytest.raises(Guarded, match="Records were sent before"):
        bench.resync(trigger=Trigger.AUTOMATIC)
    bench.source.write_text("nonsense\n1\n")
    with pytest.raises(UsageError, match="missing columns"):
        bench.resync()
    with bench.open_db() as db:  # of a run that nobody watched the history tells
        assert [s.status.value for s in db.syncs()] == ["failed", "succeeded"]


def test_only_one_run_at_a_time(bench: Bench) -> None:
    bench.write_invoices(1)
    with lock(bench.state_dir, bench.connection), pytest.raises(Locked):
        bench.resync()
    assert bench.resync().exit_code == 0


def test_a_dry_run_cannot_write(live: SandboxBench) -> None:
    live.write(live.row("INV-1"), live.row("INV-2"), live.row("INV-3"))
    live.resync()
    live.documents()["INV-2"]["Status"] = "VOIDED"
    live.write(
        live.row("INV-1", amount="7"), live.row("INV-2", amount="7"), live.row("INV-3"),
        live.row("INV-4"), "invoice,INV-5\n",
    )  # fmt: skip

    def read_only() -> Client:
        client = live.open_client()
        assert isinstance(client, Client)
        client.writable = False
        return client

    live.world.forget_requests()
    with live.open_db() as db:
        report = dry_run(live.job(db, open_client=read_only))
        assert db.summary().total == 1
    assert outcomes(report) == {
        "INV-1": R.WOULD_UPDATE, "INV-2": R.REJECTED, "INV-3": R.UNCHANGED,
        "INV-4": R.WOULD_CREATE, "INV-5": R.REJECTED,
    }  # fmt: skip
    assert report.exit_code == 3
    assert {r["method"] for r in live.world.requests()} == {"GET"}


def test_contacts_of_their_own(live: SandboxBench) -> None:
    header = "kind,contact_name,contact_email,contact_number\n"
    live.write(
        "contact,Juniper & Co,new@juniper.example,\n", "contact,Brand New,,C-7\n", header=header
    )
    report = live.resync()
    assert outcomes(report) == {"Juniper & Co": R.CONFIRMED, "Brand New": R.CONFIRMED}
    names = {c["Name"]: c for c in live.books().contacts.by_id.values()}
    assert names["Juniper & Co"]["EmailAddress"] == "new@juniper.example"
    assert names["Brand New"]["ContactNumber"] == "C-7"
    assert live.resync().counts == {R.UNCHANGED: 2}


def test_names_with_a_double_quote_are_found(live: SandboxBench) -> None:
    header = "number,contact_name,date,line_description,quantity,unit_amount\n"
    row = 'Q-{n},"The ""Old"" Mill",2026-11-20,Advice,1,5\n'
    live.write(row.format(n=1), header=header)
    assert live.resync().exit_code == 0
    live.write(row.format(n=1), row.format(n=2), header=header)
    assert live.resync().counts == {R.UNCHANGED: 1, R.CONFIRMED: 1}
    names = [c["Name"] for c in live.books().contacts.by_id.values()]
    assert names.count('The "Old" Mill') == 1
