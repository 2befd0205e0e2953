"""``syncdoctor explain``: what an answer means that somebody has at hand, with no credentials."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain, takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncdoctor import redact
from syncdoctor.cli.common import Context, with_context
from syncdoctor.cli.streams import reader_gone
from syncdoctor.errors import ExitCode, SyncdoctorError, UsageError

if TYPE_CHECKING:
    from syncdoctor.cli.explain_json import Documents
    from syncdoctor.engine.catalogue import Catalogue
    from syncdoctor.engine.guide import Guide
    from syncdoctor.explained import Explained
    from syncdoctor.intake.parse import Intake, Pending

STDIN = "<stdin>"
LEAST = {"warning": 1, "error": 2, "never": 3}
SUFFIXES = tuple(".json .jsonl .ndjson .har .yaml .yml .txt .log .http .xml .html".split())


def attach(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(explain)


@with_context
def explain(
    ctx: Context,
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE... | - | RULE | CAUSE | PROVIDER:CODE",
            help="Files, - for stdin, or words of the catalogue.",
            show_default=False,
        ),
    ] = None,
    provider: Annotated[
        str | None, typer.Option("--provider", metavar="NAME", help="Whose answers these are.")
    ] = None,
    guide: Annotated[
        str, typer.Option("--guide", metavar="NAME", help="The product's guide to take steps from.")
    ] = "default",
    summary: Annotated[
        bool, typer.Option("--summary", help="Group many answers by cause.")
    ] = False,
    reply: Annotated[
        bool, typer.Option("--reply", help="Write the message for the customer.")
    ] = False,
    listing: Annotated[bool, typer.Option("--list", help="List the causes and rules.")] = False,
    check: Annotated[
        Path | None,
        typer.Option("--check", metavar="FILE", help="Test a rules or guide file of your own."),
    ] = None,
    fail_on: Annotated[
        str, typer.Option("--fail-on", metavar="error|warning|never", help="What counts as bad.")
    ] = "error",
) -> int:
    """Say what an answer, a log or a traceback means, and what to do."""
    from syncdoctor.cli import explain_words

    if fail_on not in LEAST:
        raise UsageError(f"--fail-on {fail_on}: it is error, warning or never.")
    if check is not None:
        return explain_words.check(ctx, check)
    if listing:
        return explain_words.listing(ctx)
    closed = sys.stdin is None  # as a service manager may start a program
    subjects = what or ([] if closed or sys.stdin.isatty() else ["-"])
    if not subjects or (closed and "-" in subjects):
        raise UsageError("Nothing to explain.", "curl -i URL | syncdoctor explain -")
    words = [subject for subject in subjects if not _is_input(subject)]
    if words:
        if len(words) < len(subjects):
            raise UsageError(f"There is no file {words[0]}.")
        return explain_words.entries(ctx, words, guide)
    run = _Run(ctx, subjects, provider, guide, fail_on)
    if summary:
        return run.summary()
    if reply:
        return run.reply()
    return run.json() if ctx.json else run.terminal()


def _is_input(subject: str) -> bool:
    """Whether a word is an input: stdin, a file that is there, or what can only be meant as one."""
    if subject == "-" or _exists(subject):
        return True
    if "://" in subject or " " in subject or "\n" in subject:
        return True
    if subject.lower().endswith(SUFFIXES) or "/" in subject:
        raise UsageError(f"There is no file {subject}.", "syncdoctor explain FILE")
    return False


def _exists(subject: str) -> bool:
    try:
        return Path(subject).exists()
    except (OSError, ValueError):  # too long to be a name, or no name at all
        return False


class _Run:
    """One run over inputs: what is judged, by what, and how bad it was."""

    def __init__(
        self, ctx: Context, subjects: list[str], provider: str | None, guide: str, fail_on: str
    ) -> None:
        from syncdoctor.engine.guide import load_guide

        self.ctx = ctx
        self.subjects = subjects
        self.catalogue: Catalogue = ctx.catalogue
        self.guide: Guide = load_guide(guide, ctx.config_dir / "guides", ctx.cache_dir)
        self.provider = self._known(provider)
        self.least = LEAST[fail_on]
        self.worst = -1
        self.unread = 0  # lines that are no JSON
        self.now = datetime.now(UTC)

    def _known(self, provider: str | None) -> str | None:
        import difflib

        names = list(self.catalogue.providers)
        if provider is None or provider in names:
            return provider
        close = difflib.get_close_matches(provider, names, 1) or names
        raise UsageError(f"There is no provider {provider}.", f"Take --provider {close[0]}")

    @property
    def code(self) -> int:
        """The exit code, by what was seen so far."""
        if self.unread:
            return int(ExitCode.USAGE)
        return int(ExitCode.PROBLEM if self.worst >= self.least else ExitCode.OK)

    def skip(self, error: UsageError) -> None:
        """Name the first line that cannot be read; :meth:`end` counts the others."""
        self.unread += 1
        if self.unread == 1:
            err = self.ctx.err()
            err.print(f"syncdoctor: {redact.text(error.message)}", markup=False, soft_wrap=True)
            err.print("  \N{RIGHTWARDS ARROW} The other lines are read.", soft_wrap=True)

    def end(self) -> int:
        """Say how many lines were not read, and give the exit code."""
        if self.unread > 1:
            self.ctx.err().print(f"syncdoctor: {self.unread} lines could not be read.")
        return self.code

    def inputs(self) -> Iterator[Intake]:
        """Each input, opened when its turn comes."""
        from syncdoctor.intake.parse import Intake

        for subject in self.subjects:
            if subject == "-":
                yield Intake(sys.stdin.buffer, name=STDIN)
            elif _exists(subject):
                yield Intake(Path(subject))
            else:
                yield Intake(os.fsencode(subject), name="the text given")

    def pending(self, inputs: Iterable[Intake]) -> Iterator[Pending]:
        """Every exchange of every input, before it is looked at."""
        from syncdoctor.explained import passing_headers

        passing = passing_headers(self.catalogue)
        for intake in inputs:
            found = intake.pending(self.provider, passing if intake.is_lines else frozenset())
            endless = intake.source.name == STDIN  # it may be: a log that is followed
            yield from takewhile(lambda _: not reader_gone(), found) if endless else found

    def every(self, inputs: Iterable[Intake] | None = None) -> Iterator[Explained]:
        """Every exchange of every input, judged and numbered through."""
        from syncdoctor.explained import explain as judged

        found = self.pending(self.inputs() if inputs is None else inputs)
        for one in judged(found, self.catalogue, self.guide, self.skip):
            self.worst = max(self.worst, one.gravity)
            yield one

    def terminal(self) -> int:
        """Show each answer that is wrong, and how many were healthy."""
        from syncdoctor.render.explain_view import explained_view, tally

        names, verbose = self.catalogue.providers, self.ctx.verbose
        out, every, wrong, total = self.ctx.out(), self.every(), 0, 0
        first, second = next(every, None), next(every, None)
        if first is None:
            return self.end()
        if second is None:
            if not self.ctx.quiet or not first.healthy:
                out.print(explained_view(first, names, numbered=False, verbose=verbose))
            return self.end()
        for one in chain((first, second), every):
            total += 1
            wrong += not one.healthy
            if verbose or not one.healthy:
                out.print(explained_view(one, names, numbered=True, verbose=verbose), "")
        if not self.ctx.quiet:
            out.print(tally(total, wrong))
        return self.end()

    def json(self) -> int:
        """One document; for JSON lines a line for each."""
        from syncdoctor.cli.explain_alike import Alike
        from syncdoctor.cli.explain_json import Documents
        from syncdoctor.engine.ids import spelled_by

        inputs = self.inputs()
        first = next(inputs)
        alike = Alike(spelled_by(self.catalogue.rules)) if first.is_lines else None
        out = Documents(sys.stdout.buffer, self.now, self.least, alike)
        try:
            if first.is_lines:
                self.lines(out, chain((first,), inputs))
            else:
                for one in self.every(chain((first,), inputs)):
                    out.add(one)
        except SyncdoctorError as error:
            out.fail(error)
            self.ctx.err().print(f"syncdoctor: {error.message}", soft_wrap=True)
            return int(error.exit_code)
        out.end(self.code)
        return self.end()

    def lines(self, out: Documents, inputs: Iterable[Intake]) -> None:
        """A line for each; those are judged that do not say the same as others before them."""
        from syncdoctor.explained import Judge

        judged = Judge(self.catalogue, self.guide)
        for index, pending in enumerate(self.pending(inputs)):
            gravity = out.repeat(index, pending.line)
            if gravity is None:
                try:
                    one = judged(index, pending)
                except UsageError as error:
                    self.skip(error)
                    out.skip(index, error)
                    continue
                out.add(one)
                gravity = one.gravity
            self.worst = max(self.worst, gravity)

    def summary(self) -> int:
        """Count by cause."""
        from syncdoctor.explained import Summary

        counted = Summary()
        for one in self.every():
            counted.add(one)
        if self.ctx.json:
            from syncdoctor.render.json_v1 import summary_document

            self.ctx.print_json(summary_document(counted, self.code, self.now))
        else:
            from syncdoctor.render.explain_view import summary_view

            self.ctx.out().print(summary_view(counted))
        return self.end()

    def reply(self) -> int:
        """Write what the customer is told, for each cause once."""
        from syncdoctor.render.reply import message

        findings = {one.best.cause: one.best for one in self.every() if one.best is not None}
        text = message(self.guide, tuple(findings.values()))
        if self.ctx.json:
            from syncdoctor.render.json_v1 import header

            document = header("syncdoctor.reply/1", self.code, self.now)
            self.ctx.print_json({**document, "guide": self.guide.name, "message": text})
        else:
            self.ctx.out().print(text, soft_wrap=True)
        return self.end()
