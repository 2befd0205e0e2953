"""The passphrase of the encrypted file, from a file or a command; never from an argument."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from syncdoctor import redact
from syncdoctor.errors import StoreError

COMMAND_LIMIT_S = 30.0
HINT = "Set SYNCDOCTOR_PASSPHRASE_FILE=FILE or SYNCDOCTOR_PASSPHRASE_COMMAND='COMMAND'."


@dataclass(frozen=True, slots=True)
class PassphraseSource:
    """Where the passphrase comes from; the file is asked before the command."""

    file: str | None = None
    command: str | None = None

    def read(self) -> bytes:
        """The first line of the file or of the command's output; :class:`StoreError` if none."""
        if self.file:
            return self._first_line(self._from_file(Path(self.file).expanduser()), self.file)
        if self.command:
            return self._first_line(self._from_command(self.command), "the passphrase command")
        raise StoreError("The encrypted token file needs a passphrase.", HINT)

    @staticmethod
    def _from_file(path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            raise StoreError(
                f"The passphrase file {path} cannot be read: {error.strerror}.", HINT
            ) from None

    @staticmethod
    def _from_command(command: str) -> bytes:
        import shlex
        import subprocess

        name = command.split(maxsplit=1)[0] if command.split() else command
        hint = "Run the command by itself to see what it says."
        try:
            done = subprocess.run(  # noqa: S603 - the person's own command, without a shell
                shlex.split(command),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=COMMAND_LIMIT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise StoreError(
                f"The passphrase command {name} gave no answer in {COMMAND_LIMIT_S:.0f} s.", hint
            ) from None
        except (OSError, ValueError):
            raise StoreError(f"The passphrase command {name} cannot be run.", hint) from None
        if done.returncode:
            raise StoreError(f"The passphrase command {name} failed ({done.returncode}).", hint)
        return done.stdout

    @staticmethod
    def _first_line(content: bytes, place: str) -> bytes:
        line = content.split(b"\n", 1)[0].rstrip(b"\r")
        if not line:
            raise StoreError(f"There is no passphrase in {place}: its first line is empty.", HINT)
        redact.remember(line.decode(errors="replace"))
        return line
