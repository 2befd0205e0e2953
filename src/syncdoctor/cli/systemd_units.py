"""Timers of the person's own systemd: a service and a timer for each job.

Written after https://www.freedesktop.org/software/systemd/man/latest/systemd.timer.html,
2026-11-22.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from syncdoctor.cli.timetable import Job, Timetable
from syncdoctor.errors import ConfigError, CouldNotCheck, UsageError
from syncdoctor.tomlfile import write_private

SUFFIXES = (".service", ".timer")
LIMIT_S = 20.0
MARK = "# Made by: syncdoctor schedule"


def units(table: Timetable) -> dict[str, str]:
    """The text of each unit by its file's name."""
    made = {}
    for job in table.jobs:
        name = _name(table, job)
        made[f"{name}.service"] = _service(table, job)
        made[f"{name}.timer"] = _timer(job)
    return made


def directory() -> Path:
    """Where the person's own units are."""
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "systemd" / "user"


def install(table: Timetable) -> bool:
    """Write the units and start the timers; False when all is there already.

    Raises:
        ConfigError: a file of that name is somebody else's.
        CouldNotCheck: systemd refused; the files are as they were before.
    """
    wanted = units(table)
    before = _ours(wanted)
    stale = {n: t for n, t in _of(table).items() if n not in wanted}
    if before == wanted and not stale:
        return False
    _replace({**wanted, **dict.fromkeys(stale)})
    try:
        _systemctl("daemon-reload")
        _systemctl("enable", "--now", *(name for name in wanted if name.endswith(".timer")))
    except (CouldNotCheck, UsageError):
        _replace({**dict.fromkeys(wanted), **before, **stale})
        raise
    return True


def remove(table: Timetable) -> bool:
    """Stop the timers and take the units away; False when there are none."""
    found = _of(table)
    if not found:
        return False
    _systemctl("disable", "--now", *(name for name in found if name.endswith(".timer")))
    _replace(dict.fromkeys(found))
    _systemctl("daemon-reload")
    return True


def _name(table: Timetable, job: Job) -> str:
    return f"syncdoctor-{table.id}-{job.name}"


def _service(table: Timetable, job: Job) -> str:
    settings = [f"Environment={_quoted(f'{name}={value}')}" for name, value in table.environment]
    command = " ".join(_quoted(part, command=True) for part in (*table.program, *job.arguments))
    lines = [
        MARK,
        "[Unit]",
        f"Description=syncdoctor: {job.what}",
        "",
        "[Service]",
        "Type=oneshot",
        *settings,
        f"ExecStart={command}",
        "UMask=0077",
    ]
    return "\n".join(lines) + "\n"


def _timer(job: Job) -> str:
    lines = [
        MARK,
        "[Unit]",
        f"Description=syncdoctor: {job.what}, each night",
        "",
        "[Timer]",
        f"OnCalendar=*-*-* {job.hour:02}:{job.minute:02}:00",
        "Persistent=true",
        "",
        "[Install]",
        "WantedBy=timers.target",
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: str, *, command: bool = False) -> str:
    """A word as systemd.syntax(7) takes it: % and, in commands, $ stand for something else."""
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{text.replace("$", "$$") if command else text}"'


def _of(table: Timetable) -> dict[str, str]:
    """The units of this configuration that are there."""
    found = sorted(directory().glob(f"syncdoctor-{table.id}-*.*"))
    return {p.name: p.read_text(encoding="utf-8") for p in found if p.suffix in SUFFIXES}


def _ours(names: Mapping[str, str]) -> dict[str, str]:
    """What is there under these names; somebody else's file is not touched."""
    found = {}
    for name in names:
        path = directory() / name
        if path.exists():
            found[name] = path.read_text(encoding="utf-8")
            if not found[name].startswith(MARK):
                raise ConfigError(
                    f"{path} was not made by syncdoctor; it is not overwritten.", f"cat {path}"
                )
    return found


def _replace(files: Mapping[str, str | None]) -> None:
    for name, text in files.items():
        if text is None:
            (directory() / name).unlink(missing_ok=True)
        else:
            write_private(directory() / name, text)


def _systemctl(*arguments: str) -> None:
    program = shutil.which("systemctl")
    if program is None:
        raise UsageError("There is no systemd on this machine.", "syncdoctor schedule --cron")
    try:
        done = subprocess.run(  # noqa: S603 - the system's own program
            [program, "--user", "--no-ask-password", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        said = done.stderr.strip().partition("\n")[0] if done.returncode else None
    except (OSError, subprocess.TimeoutExpired) as error:
        said = type(error).__name__
    if said is not None:
        raise CouldNotCheck(
            f"systemctl --user {arguments[0]} failed: {said or 'it said nothing'}.",
            "systemctl --user status, or syncdoctor schedule --cron",
        )
