from __future__ import annotations

from datetime import UTC, datetime

from syncdoctor.intake.logtext import entries
from syncdoctor.intake.parse import exchanges
from syncdoctor.model import Exchange

LOG = """\
2026-11-22 04:00:00,001 INFO sync started
2026-11-22 04:00:01,123 ERROR xero push failed: (403)
Reason: Forbidden
HTTP response body: {"Title":"Forbidden","Status":403}

Traceback (most recent call last):
  File "/app/sync.py", line 42, in push
2026-11-22 04:00:02,000 INFO GET /health 200 OK
2026-11-22 04:00:03,000 WARNING retrying: HTTP 429 Too Many Requests
2026-11-22 04:00:04,000 DEBUG pool: 0 errors=0
"""


def read(text: str) -> list[Exchange]:
    return list(exchanges(text.encode()))


def test_only_what_tells_of_a_failure_is_an_exchange() -> None:
    first, second = read(LOG)
    assert first.status == 403
    assert first.body == {"Title": "Forbidden", "Status": 403}
    assert first.at == datetime(2026, 11, 22, 4, 0, 1, 123000, tzinfo=UTC)
    assert second.status == 429


def test_each_address_with_a_status_is_an_entry() -> None:
    found = read("GET https://h.test/a 401\nPOST https://h.test/b 200\nGET https://h.test/c 503\n")
    assert [(one.url, one.status) for one in found] == [
        ("https://h.test/a", 401),
        ("https://h.test/c", 503),
    ]


def test_continuation_lines_belong_to_their_entry() -> None:
    assert [len(entry.splitlines()) for entry in entries(LOG.splitlines())] == [1, 6, 1, 1, 1]


def test_forms_of_log_lines_begin_entries() -> None:
    lines = [
        "Nov 22 04:38:01 host app[12]: failed",
        "[2026-11-22 04:38:01] production.ERROR: failed",
        "ERROR:root:failed",
        "E, [2026-11-22T04:38:01.000 #12] ERROR -- : failed",
        'time="2026-11-22T04:38:01Z" level=error msg=failed',
        "E1122 04:38:01.000000 12 main.go:3] failed",
        '192.0.2.1 - - [22/Nov/2026:04:38:01 +0000] "POST /hook HTTP/1.1" 498 0',
        "\x1b[31m04:38:01.123 failed\x1b[0m",
    ]
    assert len(list(entries(lines))) == len(lines)


def test_an_access_log_line_has_its_status() -> None:
    (one,) = read('192.0.2.1 - - [22/Nov/2026:04:38:01 +0000] "POST /hook HTTP/1.1" 498 0\n')
    assert one.status == 498
    assert one.at == datetime(2026, 11, 22, 4, 38, 1, tzinfo=UTC)


def test_a_chained_traceback_without_times_is_one() -> None:
    text = (
        "Traceback (most recent call last):\n  x\nKeyError: 1\n\n"
        "During handling of the above exception, another exception occurred:\n\n"
        "Traceback (most recent call last):\n  y\nrequests.exceptions.ConnectionError: reset\n"
    )
    assert len(read(text)) == 1
    assert len(read(text + "\nTraceback (most recent call last):\n  z\nValueError: bad\n")) == 2


def test_a_text_without_failures_is_given_whole() -> None:
    (one,) = read("2026-11-22 04:00:00 INFO all is well\n2026-11-22 04:00:01 INFO still\n")
    assert one.exception is not None
    assert one.exception.count("\n") == 1


def test_an_entry_without_end_is_cut() -> None:
    (one,) = read("ERROR begins\n" + "continued\n" * 100_000)
    assert one.exception is not None
    assert len(one.exception) <= 256 * 1024
