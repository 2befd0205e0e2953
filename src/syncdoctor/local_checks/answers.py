"""Answers to what the workspace file does not say: put into the case, for one diagnosis only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from syncdoctor.config_tables import Channel, Workspace
from syncdoctor.engine.record import CREDIT_NOTE, KINDS, RecordStatus
from syncdoctor.errors import UsageError
from syncdoctor.local_checks.product import product_checks, setting_checks
from syncdoctor.model import Check
from syncdoctor.states import Case

YES = frozenset({"yes", "y", "true", "on"})
NO = frozenset({"no", "n", "false", "off"})


def questions(case: Case) -> list[Check]:
    """What is to be asked, that an answer can be given to."""
    connection, provider, guide = case.connection, case.provider, case.guide
    checks = (
        *product_checks(connection, case.workspace, provider, guide),
        *setting_checks(connection, provider, guide),
    )
    asked = (check for check in checks if check.outcome == "to-ask")
    return [check for check in asked if _answer_to(check.name) is not None]


def answered(case: Case, name: str, value: str) -> Case:
    """The case with one answer, which wins over what the workspace file says.

    Raises:
        UsageError: there is no such question, or this is no answer to it.
    """
    answer = _answer_to(name)
    if answer is None:
        known = ", ".join((*_ANSWERS, "channel.NAME.owner", "channel.NAME.state"))
        raise UsageError(f"--answer {name}: there is no such question.", f"There are {known}.")
    try:
        return answer(case, value.strip())
    except ValueError as error:
        raise UsageError(f"--answer {name}={value}: {error}.", f"--answer {name}=VALUE") from None


def _answer_to(name: str) -> Callable[[Case, str], Case] | None:
    """How an answer is put into a case; None where there is no such question.

    A sales channel is named in the question: ``channel-NAME`` asks for its owner, and
    ``channel.NAME.owner`` and ``channel.NAME.state`` say either.
    """
    if name.startswith("channel-"):
        return partial(_channel, name.removeprefix("channel-"), "owner")
    rest, dot, field = name.removeprefix("channel.").rpartition(".")
    if name.startswith("channel.") and dot and rest and field in {"owner", "state"}:
        return partial(_channel, rest, field)
    return _ANSWERS.get(name)


def _channel(name: str, field: str, case: Case, value: str) -> Case:
    """The case with an owner or a state of a sales channel, which may be a new one."""
    if not value:
        raise ValueError("a name or a state is expected")
    known = {channel.name: channel for channel in case.workspace.channels}
    told = {"owner": value} if field == "owner" else {"state": value}
    known[name] = replace(known.get(name, Channel(name)), **told)
    return replace(case, workspace=replace(case.workspace, channels=tuple(known.values())))


def _channels(case: Case, value: str) -> Case:
    """The case with sales channels, written ``NAME:OWNER`` with commas between."""
    for pair in value.split(","):
        name, colon, owner = (part.strip() for part in pair.partition(":"))
        if not colon or not name:
            raise ValueError("NAME:OWNER is expected, with commas between")
        case = _channel(name, "owner", case, owner)
    return case


def _of_workspace(key: str, read: Callable[[str], Any] = str) -> Callable[[Case, str], Case]:
    def put(case: Case, value: str) -> Case:
        changed: Workspace = replace(case.workspace, **{key: read(value)})
        return replace(case, workspace=changed)

    return put


def _of_settings(key: str, read: Callable[[str], Any]) -> Callable[[Case, str], Case]:
    def put(case: Case, value: str) -> Case:
        settings = {**case.connection.settings, key: read(value)}
        return replace(case, connection=replace(case.connection, settings=settings))

    return put


def _licence(value: str) -> str:
    return {"yes": "active", "no": "inactive"}.get(value.lower(), value)


def _count(value: str) -> int:
    if not value.isdecimal():
        raise ValueError("a whole number is expected")
    return int(value)


def _yes_or_no(value: str) -> bool:
    if value.lower() not in YES | NO:
        raise ValueError("yes or no is expected")
    return value.lower() in YES


def _status(value: str) -> str:
    if value.lower() not in set(RecordStatus):
        raise ValueError(f"{' or '.join(RecordStatus)} is expected")
    return value.lower()


def _kinds(value: str) -> list[str]:
    synced = _yes_or_no(value)
    return [kind for kind in KINDS if synced or kind != CREDIT_NOTE]


_ANSWERS: Mapping[str, Callable[[Case, str], Case]] = {
    "licence": _of_workspace("licence", _licence),
    "plan": _of_workspace("plan"),
    "tier": _of_workspace("tier"),
    "invoice-limit": _of_workspace("invoice_limit", _count),
    "invoices-this-month": _of_workspace("invoices_this_month", _count),
    "role": _of_workspace("person_role"),
    "channels": _channels,
    "auto-sync": _of_settings("auto_sync", _yes_or_no),
    "invoice-status": _of_settings("invoice_status", _status),
    "credit-notes": _of_settings("kinds", _kinds),
}
NAMES = tuple(_ANSWERS)
