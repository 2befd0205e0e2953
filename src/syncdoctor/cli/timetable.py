"""What ``schedule`` has run and when, and how the program is called with nobody there."""

from __future__ import annotations

import hashlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from syncdoctor.cli.common import Context
from syncdoctor.errors import ConfigError, UsageError
from syncdoctor.store.place import passwords_in

# A timer has none of the variables that the person's shell has, so that they are written down.
# The passphrase command is the person's own and may hold anything: it is not copied.
COPIED = ("SYNCDOCTOR_CACHE_DIR", "SYNCDOCTOR_STORE", "SYNCDOCTOR_PASSPHRASE_FILE")


@dataclass(frozen=True, slots=True)
class Job:
    """One command of the timetable, at an hour and minute of local time."""

    name: str
    what: str
    arguments: tuple[str, ...]
    hour: int
    minute: int


@dataclass(frozen=True, slots=True)
class Timetable:
    """The jobs, and what they are run with. ``id`` tells one configuration from another."""

    id: str
    program: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    jobs: tuple[Job, ...]


def timetable(ctx: Context, at: str, *, keep_alive: bool) -> Timetable:
    """The nightly resync and, before it, the grants that would lapse unused.

    Raises:
        UsageError: ``at`` is no time of day.
        ConfigError: a path has a character that cannot be written into a timetable.
    """
    hour, minute = _time_of(at)
    jobs = [
        Job("resync", "Push what is recent", ("resync", "--all", "--automatic"), hour, minute),
    ]
    if keep_alive:
        arguments = ("reconnect", "--all", "--keep-alive", "--quiet")
        before = (hour * 60 + minute - 10) % (24 * 60)
        what = "Use the grants that would lapse unused"
        jobs.append(Job("keep-alive", what, arguments, *divmod(before, 60)))
    config, state = ctx.config_dir.absolute(), ctx.state_dir.absolute()
    environment = [("SYNCDOCTOR_CONFIG_DIR", str(config)), ("SYNCDOCTOR_STATE_DIR", str(state))]
    environment += [(name, os.environ[name]) for name in COPIED if os.environ.get(name)]
    environment += _state_url()
    program = _program()
    for text in (*program, *(value for _, value in environment)):
        if not text.isprintable():
            raise ConfigError(f"{text!r} cannot be written into a timetable.")
    identity = hashlib.sha256(str(config).encode()).hexdigest()[:8]
    return Timetable(identity, program, tuple(environment), tuple(jobs))


def _state_url() -> list[tuple[str, str]]:
    url = os.environ.get("SYNCDOCTOR_STATE_URL", "")
    try:
        held = passwords_in(url)
    except ValueError:
        held = ()
    if held:
        raise ConfigError(
            "SYNCDOCTOR_STATE_URL holds a password, which would lie open in the timetable.",
            "Put it into ~/.pgpass, and leave it out of the URL.",
        )
    return [("SYNCDOCTOR_STATE_URL", url)] if url else []


def _time_of(at: str) -> tuple[int, int]:
    hour, colon, minute = at.partition(":")
    plain = bool(colon) and all(p.isascii() and p.isdigit() and len(p) <= 2 for p in (hour, minute))  # noqa: PLR2004
    if not plain or int(hour) > 23 or int(minute) > 59:  # noqa: PLR2004 - a clock
        raise UsageError(
            f"--at {at}: it is a time of day such as 02:30.", "syncdoctor schedule --at 02:30"
        )
    return int(hour), int(minute)


def _program() -> tuple[str, ...]:
    """This very program by its whole path: a timer has no PATH to speak of."""
    beside = Path(sys.executable).parent / "syncdoctor"
    if beside.is_file():
        return (str(beside),)
    return (sys.executable, "-m", "syncdoctor.cli.main")
