from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest

if TYPE_CHECKING:
    from tests.conftest import Cli

HEADER = "number,contact_name,date,line_description,quantity,unit_amount\n"


@pytest.mark.parametrize("kind", ["contact", "invoice", "credit-note"])
def test_schema_prints_the_schema_of_a_kind(cli: Cli, kind: str) -> None:
    ran = cli("records", "schema", kind)
    assert ran.code == 0
    jsonschema.Draft202012Validator.check_schema(ran.json)
    assert ran.json["properties"]["kind"]["const"] == kind


def test_a_good_file(cli: Cli, home: Path) -> None:
    path = home / "r.csv"
    path.write_text(HEADER + "A,Ann,2026-11-20,x,1,1\n")
    ran = cli("records", "check", str(path))
    assert (ran.code, ran.out) == (0, "1 records can be sent, 0 cannot.\n")
    assert cli("records", "check", str(path), "--quiet").out == ""
    assert cli("records", "check", str(path), "--json").json["good"] == 1


def test_every_problem_is_named_with_file_line_and_column(cli: Cli, home: Path) -> None:
    path = home / "r.csv"
    path.write_text(
        HEADER.strip() + ",colour\nA,Ann,today,x,1,one,red\nB,Ann,2026-11-20,x,1,1,red\n"
    )
    ran = cli("records", "check", str(path))
    assert ran.code == 1
    assert f"{path}, line 2, column date: expected a date written YYYY-MM-DD" in ran.out
    assert f"{path}, line 2, column unit_amount: expected a number" in ran.out
    assert "the column colour is not used" in ran.err
    document = cli("records", "check", str(path), "--json").json
    assert (document["exit_code"], document["good"]) == (1, 1)
    assert [p["column"] for p in document["wrong"][0]["problems"]] == ["date", "unit_amount"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("schema", "bill"), "There is no kind 'bill'."),
        (("check", "/nowhere"), "There is no file /nowhere."),
        (("check", "/", "--kind", "invoice"), "is a directory"),
    ],
)
def test_wrong_usage(cli: Cli, arguments: tuple[str, ...], said: str) -> None:
    ran = cli("records", *arguments)
    assert ran.code == 2
    assert said in ran.err
