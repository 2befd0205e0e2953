from __future__ import annotations

from pathlib import Path

import pytest

from syncdoctor.auth.surroundings import look_around

SSH = {"SSH_CONNECTION": "192.0.2.9 51000 198.51.100.7 22", "USER": "ana"}


def test_over_ssh_the_exact_tunnel_is_known(tmp_path: Path) -> None:
    around = look_around(SSH, root=tmp_path)
    assert around.ssh
    assert not around.near
    assert around.tunnel(8765) == "ssh -L 8765:127.0.0.1:8765 ana@198.51.100.7"
    other = look_around({**SSH, "SSH_CONNECTION": "a 1 198.51.100.7 2222"}, root=tmp_path)
    assert other.tunnel(1) == "ssh -p 2222 -L 1:127.0.0.1:1 ana@198.51.100.7"


def test_a_desktop_needs_no_tunnel(tmp_path: Path) -> None:
    around = look_around({"DISPLAY": ":0"}, root=tmp_path)
    assert around.near
    assert around.tunnel(8765) is None


def test_a_browser_that_the_person_named_is_trusted(tmp_path: Path) -> None:
    around = look_around({**SSH, "BROWSER": "my-browser"}, root=tmp_path)
    assert around.near
    assert around.tunnel(8765) is not None


@pytest.mark.parametrize("mark", [".dockerenv", "run/.containerenv"])
def test_containers_leave_marks(tmp_path: Path, mark: str) -> None:
    (tmp_path / mark).parent.mkdir(exist_ok=True)
    (tmp_path / mark).touch()
    around = look_around({"DISPLAY": ":0"}, root=tmp_path)
    assert around.container
    assert not around.near
    assert around.tunnel(1)


def test_wsl_is_known_by_its_variable_and_by_its_kernel(tmp_path: Path) -> None:
    assert look_around({"WSL_DISTRO_NAME": "Ubuntu"}, root=tmp_path).wsl
    release = tmp_path / "proc/sys/kernel/osrelease"
    release.parent.mkdir(parents=True)
    release.write_text("5.15.90.1-microsoft-standard-WSL2\n")
    assert look_around({}, root=tmp_path).wsl


def test_an_empty_environment_has_no_browser_and_an_account(tmp_path: Path) -> None:
    around = look_around({}, root=tmp_path)
    assert not around.browser
    assert "@" in around.login
