from __future__ import annotations

from pathlib import Path

import pytest

from syncdoctor.errors import UsageError
from syncdoctor.resync.rejects import write_rejects
from syncdoctor.resync.sources import Source, open_source

HEADER = "number,contact_name,date,line_description,quantity,unit_amount\n"


def source_of(path: Path, content: str) -> Source:
    path.write_text(content)
    return open_source(path)


def test_all_rows_of_a_record_are_kept_with_its_problem(tmp_path: Path) -> None:
    source = source_of(
        tmp_path / "r.csv",
        HEADER + 'A,"Ann, ""the"" first",2026-11-20,x,1,1\nA,,,"two\nlines",1,z\n',
    )
    refused = [(entry, "not good") for entry in source.entries()]
    path = write_rejects(tmp_path / "deep" / "rejects.csv", source, refused)
    assert path.read_text() == (
        "problem," + HEADER + 'not good,A,"Ann, ""the"" first",2026-11-20,x,1,1\n'
        'not good,A,,,"two\nlines",1,z\n'
    )
    assert oct(path.stat().st_mode)[-3:] == "600"


def test_a_file_that_is_fed_back_has_one_column_of_problems(tmp_path: Path) -> None:
    source = source_of(tmp_path / "r.csv", "problem," + HEADER + "old,A,Ann,no date,x,1,1\n")
    refused = [(entry, "new") for entry in source.entries()]
    path = write_rejects(tmp_path / "rejects.csv", source, refused)
    assert path.read_text() == "problem," + HEADER + "new,A,Ann,no date,x,1,1\n"


def test_json_lines_stay_json_lines(tmp_path: Path) -> None:
    source = source_of(tmp_path / "r.jsonl", '{"number": "Zoë", "lines": [{"quantity": 1.5}]}\n{\n')
    refused = [(entry, "bad") for entry in source.entries()]
    path = write_rejects(tmp_path / "rejects.jsonl", source, refused)
    assert path.read_text().splitlines() == [
        '{"number": "Zoë", "lines": [{"quantity": 1.5}], "problem": "bad"}',
        '{"unreadable": "{", "problem": "bad"}',
    ]


def test_the_source_is_never_replaced(tmp_path: Path) -> None:
    source = source_of(tmp_path / "r.csv", HEADER + "A,Ann,no date,x,1,1\n")
    (tmp_path / "link.csv").symlink_to(source.path)
    for path in (source.path, tmp_path / "link.csv"):
        with pytest.raises(UsageError, match="is the source itself"):
            write_rejects(path, source, [])
    with pytest.raises(UsageError, match="cannot be written"):
        write_rejects(source.path / "x" / "y.csv", source, [])
