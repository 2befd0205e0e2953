"""Where the program runs, and so how a person's browser can reach the callback."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SSH_PORT = "22"
MARKS = ("/.dockerenv", "/run/.containerenv")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What was found out about the session."""

    ssh: bool = False
    wsl: bool = False
    container: bool = False
    browser: bool = True
    chosen: bool = False  # the person named a browser, which is then trusted to be in front of them
    login: str = "user@host"  # what ssh takes to come here
    ssh_port: str = SSH_PORT

    @property
    def near(self) -> bool:
        """Whether a browser opened here is in front of the person."""
        return self.chosen or (self.browser and not (self.ssh or self.container))

    def tunnel(self, port: int) -> str | None:
        """The command, run where the browser is, that brings the callback here."""
        if self.browser and not (self.ssh or self.wsl or self.container):
            return None
        via = "" if self.ssh_port == SSH_PORT else f" -p {self.ssh_port}"
        return f"ssh{via} -L {port}:127.0.0.1:{port} {self.login}"


def look_around(environment: Mapping[str, str], *, root: Path = Path("/")) -> Surroundings:
    """Find out from the environment and the marks that containers and WSL leave."""
    ssh = environment.get("SSH_CONNECTION", "").split()  # client, its port, server, its port
    whole = len(ssh) == 4  # noqa: PLR2004
    user = environment.get("USER") or environment.get("LOGNAME") or _account()
    return Surroundings(
        ssh=bool(ssh) or "SSH_TTY" in environment,
        wsl="WSL_DISTRO_NAME" in environment or "WSL_INTEROP" in environment or _is_wsl(root),
        container="container" in environment or any((root / m[1:]).exists() for m in MARKS),
        browser=_has_browser(environment),
        chosen=bool(environment.get("BROWSER")),
        login=f"{user}@{ssh[2] if whole else socket.gethostname()}",
        ssh_port=ssh[3] if whole else SSH_PORT,
    )


def _account() -> str:
    try:
        import pwd
    except ImportError:  # Windows, where nobody comes by ssh without USER
        return "user"
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run as a number that has no name
        return "user"


def _has_browser(environment: Mapping[str, str]) -> bool:
    if environment.get("BROWSER") or sys.platform in ("darwin", "win32"):
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def _is_wsl(root: Path) -> bool:
    try:
        release = (root / "proc/sys/kernel/osrelease").read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return False
    return "microsoft" in release.lower()
