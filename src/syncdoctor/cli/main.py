"""The program: its commands, and the one place where it exits."""

from __future__ import annotations

import errno
import os
import signal
import sys
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer

from syncdoctor import __version__
from syncdoctor.cli import streams
from syncdoctor.cli.register import LazyGroup
from syncdoctor.errors import ExitCode, SyncdoctorError

# What is wrong with a file's place, and for its owner to mend; no defect of the program.
SURROUNDINGS = (
    errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENOENT,
    errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG,
)  # fmt: skip

app = typer.Typer(
    name="syncdoctor",
    cls=LazyGroup,
    help="Find out why an integration broke, repair it, and push what is missing.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"syncdoctor {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def _terminated(number: int, frame: FrameType | None) -> NoReturn:
    del number, frame
    raise SystemExit(int(ExitCode.TERMINATED))


def main() -> None:
    """Run the program; every failure leaves with a sentence and its exit code."""
    streams.prepare(as_json="--json" in sys.argv)
    signal.signal(signal.SIGTERM, _terminated)
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run with arguments and return the exit code; what the tests and the demo call."""
    as_json = "--json" in arguments
    try:
        result: Any = app(arguments, standalone_mode=False)
        sys.stdout.flush()
    except SyncdoctorError as error:
        return _say(error.message, error.hint, error.exit_code, as_json=as_json)
    except (KeyboardInterrupt, typer.Abort):
        return _say("Interrupted.", None, ExitCode.INTERRUPTED, as_json=as_json)
    except OSError as error:
        if error.filename is None or error.errno not in SURROUNDINGS:
            return _defect(error, arguments, as_json=as_json)
        message = f"{os.fsdecode(error.filename)} cannot be used: {error.strerror}."
        return _say(message, "Choose another place.", ExitCode.USAGE, as_json=as_json)
    except Exception as error:  # noqa: BLE001 - no traceback reaches a user
        return _defect(error, arguments, as_json=as_json)
    return int(result) if isinstance(result, int) else int(ExitCode.OK)


def _say(message: str, hint: str | None, code: int, *, as_json: bool) -> int:
    from syncdoctor import redact

    message, hint = redact.text(_sayable(message)), redact.text(_sayable(hint)) if hint else None
    if as_json:
        from datetime import UTC, datetime

        import orjson

        from syncdoctor.render.json_v1 import header

        document = {
            **header("syncdoctor.error/1", code, datetime.now(UTC)),
            "error": {"message": message, "hint": hint},
        }
        sys.stdout.write(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n")
    sys.stderr.write(f"syncdoctor: {message}\n")
    if hint:
        sys.stderr.write(f"  → {hint}\n")
    return int(code)


def _sayable(text: str) -> str:
    """Without the halves of characters that stand for the bytes of an ill-written argument."""
    return text.encode(errors="replace").decode()


def _defect(error: Exception, arguments: list[str], *, as_json: bool) -> int:
    from typer._click.exceptions import ClickException, NoArgsIsHelpError

    if isinstance(error, NoArgsIsHelpError):  # the help was shown and says it all
        return int(ExitCode.USAGE)
    if isinstance(error, ClickException):
        return _say(error.format_message(), _help_hint(error), ExitCode.USAGE, as_json=as_json)
    from syncdoctor.cli.crash import write_report

    path = write_report(error, arguments)
    hint = f"The details are in {path}; send that file to the project." if path else None
    message = f"A defect of syncdoctor: {type(error).__name__}."
    return _say(message, hint, ExitCode.DEFECT, as_json=as_json)


def _help_hint(error: Any) -> str:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "syncdoctor"
    return f"{path} --help"


if __name__ == "__main__":
    main()
