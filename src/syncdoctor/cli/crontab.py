"""The person's crontab: one marked block of ours in it, and every other line left as it is."""

from __future__ import annotations

import shlex
import shutil
import subprocess

from syncdoctor.cli.timetable import Timetable
from syncdoctor.errors import ConfigError, CouldNotCheck, UsageError

LIMIT_S = 10.0


def block(table: Timetable) -> str:
    """The lines, between two marks by which they are found again."""
    lines = [_begin(table)]
    settings = " ".join(f"{name}={shlex.quote(value)}" for name, value in table.environment)
    for job in table.jobs:
        command = f"{settings} {shlex.join((*table.program, *job.arguments))}"
        # crontab(5): an unescaped % is the end of the command.
        lines.append(f"{job.minute} {job.hour} * * * {command.replace('%', chr(92) + '%')}")
    return "\n".join([*lines, _end(table)]) + "\n"


def install(table: Timetable) -> bool:
    """Put the block in, or in the place of the one before; False when it is there already."""
    before = _read()
    after = _without(before, table)
    if after and not after.endswith("\n"):
        after += "\n"
    return _write(before, after + block(table))


def remove(table: Timetable) -> bool:
    """Take the block out; False when there is none."""
    before = _read()
    return _write(before, _without(before, table))


def _begin(table: Timetable) -> str:
    return f"# syncdoctor {table.id} begins (made by: syncdoctor schedule)"


def _end(table: Timetable) -> str:
    return f"# syncdoctor {table.id} ends"


def _without(text: str, table: Timetable) -> str:
    """The other lines, byte for byte."""
    lines = text.splitlines(keepends=True)
    marks = [n for n, line in enumerate(lines) if line.strip() in (_begin(table), _end(table))]
    if not marks:
        return text
    begins = [n for n in marks if lines[n].strip() == _begin(table)]
    if len(marks) != 2 or begins != marks[:1]:  # noqa: PLR2004 - the two marks
        raise ConfigError(
            "The marks of syncdoctor in the crontab were changed; nothing is touched.",
            "Take the lines between them out by hand: crontab -e",
        )
    return "".join(lines[: marks[0]] + lines[marks[1] + 1 :])


def _read() -> str:
    done = _crontab("-l")
    if done.returncode == 0:
        return done.stdout
    if "no crontab" in done.stderr.lower():
        return ""
    raise CouldNotCheck(f"The crontab cannot be read: {done.stderr.strip()}.", "crontab -l")


def _write(before: str, after: str) -> bool:
    """Replace the crontab, which ``crontab`` itself does in one step."""
    if after == before:
        return False
    done = _crontab("-", after)
    if done.returncode:
        raise CouldNotCheck(f"The crontab was not changed: {done.stderr.strip()}.", "crontab -l")
    return True


def _crontab(argument: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    program = shutil.which("crontab")
    if program is None:
        raise UsageError("There is no cron on this machine.", "syncdoctor schedule --systemd")
    command = [program, argument]
    try:
        return subprocess.run(  # noqa: S603 - the system's own program
            command, input=text, capture_output=True, text=True, timeout=LIMIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError) as error:
        raise CouldNotCheck(f"crontab failed ({type(error).__name__}).", "crontab -l") from None
