"""The tool's own failures: what is wrong, the next thing to do, and the exit code."""

from __future__ import annotations

import re
from enum import IntEnum
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from syncdoctor.model import Exchange


class ExitCode(IntEnum):
    """What a command's exit code means; the contract of scripts and cron."""

    OK = 0
    PROBLEM = 1
    USAGE = 2
    PARTIAL = 3
    SIGN_IN = 4
    TEMPORARY = 5
    NOT_CHECKED = 6
    STORE = 7
    CANCELLED = 8
    GUARD = 9
    NOT_FOUND = 10
    LOCKED = 11
    DEFECT = 70
    INTERRUPTED = 130
    TERMINATED = 143


GRAVITY = (
    ExitCode.DEFECT,
    ExitCode.STORE,
    ExitCode.NOT_CHECKED,
    ExitCode.SIGN_IN,
    ExitCode.PROBLEM,
    ExitCode.PARTIAL,
    ExitCode.TEMPORARY,
    ExitCode.LOCKED,
    ExitCode.OK,
)


def gravest(codes: list[int]) -> int:
    """The exit code for many connections: the gravest decides; unknown ones are failures."""
    for code in (c for c in codes if c not in GRAVITY):
        return code
    return next((int(code) for code in GRAVITY if code in codes), int(ExitCode.OK))


class SyncdoctorError(Exception):
    """A failure that the person can act on.

    ``message`` says what is wrong and where; ``hint`` is the next thing to do, a command
    where there is one. ``exit_code`` is fixed by the class.
    """

    exit_code = ExitCode.DEFECT
    exchange: Exchange | None = None  # what was said, where an answer is behind the failure

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def about(self, target: str) -> Self:
        """The same failure, its hint naming the connection where it says TARGET."""
        self.hint = self.hint and re.sub(r"\bTARGET\b", target, self.hint)
        return self


class UsageError(SyncdoctorError):
    """Wrong usage, or input that cannot be used."""

    exit_code = ExitCode.USAGE


class ConfigError(UsageError):
    """A configuration file is wrong: ``message`` names file, line and key."""


class SetupNeeded(SyncdoctorError):
    """A required setting of a connection was never chosen."""

    exit_code = ExitCode.PROBLEM


class PartialFailure(SyncdoctorError):
    """Some records were refused."""

    exit_code = ExitCode.PARTIAL


class SignInNeeded(SyncdoctorError):
    """A person must sign in."""

    exit_code = ExitCode.SIGN_IN


class TemporaryFailure(SyncdoctorError):
    """An outage, a rate limit or the network: run again."""

    exit_code = ExitCode.TEMPORARY


class CouldNotCheck(SyncdoctorError):
    """The check itself could not be made."""

    exit_code = ExitCode.NOT_CHECKED


class StoreError(SyncdoctorError):
    """The token store is locked, absent or damaged."""

    exit_code = ExitCode.STORE


class Cancelled(SyncdoctorError):
    """Cancelled, or nobody answered in the browser."""

    exit_code = ExitCode.CANCELLED


class Guarded(SyncdoctorError):
    """Refused by a guard: another organisation, an empty source, too many changes."""

    exit_code = ExitCode.GUARD


class NotFound(SyncdoctorError):
    """No such workspace, connection, sync or rule."""

    exit_code = ExitCode.NOT_FOUND


class Locked(SyncdoctorError):
    """Another run holds the lock."""

    exit_code = ExitCode.LOCKED
