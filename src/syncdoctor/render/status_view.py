"""The tables of ``status`` and ``connection list``, and what is shown when there is nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from syncdoctor.config_tables import Channel
from syncdoctor.engine.provider import Provider
from syncdoctor.engine.working_days import working_days
from syncdoctor.model import CredentialKind, State
from syncdoctor.render.terminal import Fitting, plain_table, stand_ins
from syncdoctor.states import BAD_ENDS, Row

STYLES: Mapping[State, str] = {
    State.HEALTHY: "ok",
    State.VERIFYING: "warn",
    State.SETUP_NEEDED: "warn",
    State.RECONNECT_NEEDED: "bad",
    State.LAST_SYNC_FAILED: "bad",
    State.INACTIVE: "dim",
    State.UNKNOWN: "dim",
}
MARKS: Mapping[State, str] = {
    State.HEALTHY: "●",
    State.VERIFYING: "◐",
    State.SETUP_NEEDED: "▲",
    State.RECONNECT_NEEDED: "✖",
    State.LAST_SYNC_FAILED: "✖",
    State.INACTIVE: "○",
    State.UNKNOWN: "?",
}


def status_table(rows: Sequence[Row], now: datetime) -> RenderableType:
    """The table of ``status``, and below it the next command of each that needs one."""
    wide = plain_table("Connection", "UID", "Type", "Created", "Status", "Last sync", "Checked")
    narrow = plain_table("Connection\nUID", "Type\nCreated", "Status", "Last sync", "Checked")
    for row in rows:
        name, uid, kind = row.connection.target, row.connection.uid, _type(row)
        created = f"{row.connection.created:%Y-%m-%d}"
        checked = age(row.evidence.checked_at, now) if row.evidence else "never"
        known = (state_text(row), _last_sync(row, now), checked)
        wide.add_row(name, uid, kind, created, *known)
        narrow.add_row(f"{name}\n{uid}", f"{kind}\n{created}", *known)
    return Group(Fitting(wide, narrow), *_next(rows), *_notes(rows, now), *_channels(rows))


def channel_words(channel: Channel) -> str:
    """A sales channel: whose it is, and its state."""
    owner = channel.owner or "no owner"
    return f"{channel.name} ({owner}, {channel.state or 'state not known'})"


def _channels(rows: Sequence[Row]) -> list[Text]:
    """The sales channels of each workspace, once."""
    found = {row.connection.workspace: row.channels for row in rows if row.channels}
    return [
        Text(f"{workspace}: sales channels {', '.join(map(channel_words, channels))}")
        for workspace, channels in found.items()
    ]


def _type(row: Row) -> str:
    feed = row.connection.credential is CredentialKind.FEED
    return f"{row.connection.provider} (feed)" if feed else row.connection.provider


def connections_table(rows: Sequence[Row], providers: Mapping[str, Provider]) -> RenderableType:
    """The table of ``connection list``: with the actions that each type has."""
    table = plain_table("UID", "Connection", "Type", "Created", "Status", "Actions")
    for row in rows:
        table.add_row(
            row.connection.uid,
            row.connection.target,
            providers[row.connection.provider].name,
            f"{row.connection.created:%Y-%m-%d}",
            state_text(row),
            ", ".join(providers[row.connection.provider].actions),
        )
    return Group(table, *stand_ins(host for row in rows for host in row.hosts))


def empty_state() -> Panel:
    """What to do when there is no connection yet."""
    text = Text.assemble(
        "No connection is set up yet. Make the first one:\n\n",
        ("  syncdoctor app add xero --client-id ID\n", "command"),
        ("  syncdoctor connection add acme/xero\n", "command"),
        ("  syncdoctor reconnect acme/xero\n\n", "command"),
        "Or see the whole story on the embedded sandbox: ",
        ("syncdoctor demo", "command"),
    )
    return Panel(text, title="No connections", expand=False)


def state_text(row: Row) -> Text:
    """A state with its mark and colour."""
    if row.error:
        return Text("? Not checked", style="warn")
    return Text(f"{MARKS[row.state]} {row.label}", style=STYLES[row.state])


def age(moment: datetime, now: datetime) -> str:
    """How long ago something was, in one unit."""
    gone = max(now - moment, timedelta())
    if gone < timedelta(minutes=1):
        return "just now"
    if gone < timedelta(hours=1):
        return f"{gone // timedelta(minutes=1)} min ago"
    if gone < timedelta(days=2):
        return f"{gone // timedelta(hours=1)} h ago"
    return f"{gone.days} days ago"


def _last_sync(row: Row, now: datetime) -> str:
    last = row.last_sync
    return f"{last.status} {age(last.started, now)}" if last else "none yet"


def _next(rows: Sequence[Row]) -> list[Text]:
    needing = [row for row in rows if row.next_command]
    if not needing:
        return []
    lines = [Text.assemble("  ", (" ".join(row.next_command), "command")) for row in needing]
    return [Text("Next:", style="heading"), *lines]


def _notes(rows: Sequence[Row], now: datetime) -> list[Text]:
    notes = [f"{row.connection.target}: {row.error}" for row in rows if row.error]
    notes += [_found(row) for row in rows if _failed_by_check(row)]
    notes += [_verifying(row, since, now) for row in rows if (since := row.verifying_since)]
    notes += [_forecast(row, row.lapses_at - now) for row in rows if row.lapses_at]
    hosts = (host for row in rows for host in row.hosts)
    return [*stand_ins(hosts), *(Text(note, "warn") for note in notes)]


def _failed_by_check(row: Row) -> bool:
    """Whether a check found what will fail, before a sync met it."""
    met = row.last_sync is not None and row.last_sync.status in BAD_ENDS
    return row.state is State.LAST_SYNC_FAILED and not met


def _found(row: Row) -> str:
    what = row.evidence.cause if row.evidence and row.evidence.cause else "a problem"
    return f"{row.connection.target}: a check found {what}; no sync has met it yet"


def _verifying(row: Row, since: date, now: datetime) -> str:
    days = working_days(since, now.date())
    span = f"{days} working day{'' if days == 1 else 's'}"
    return f"{row.connection.target}: verifying since {since.day} {since:%B %Y}, {span}"


def _forecast(row: Row, left: timedelta) -> str:
    target = row.connection.target
    if left <= timedelta():
        return f"{target}: the refresh token was not used for too long and has probably lapsed."
    hours = left // timedelta(hours=1)
    span = f"{hours // 24} days" if hours >= 48 else f"{hours} hours"  # noqa: PLR2004 - two days
    return (
        f"{target}: the refresh token lapses in {span} if unused; "
        f"syncdoctor reconnect {target} --keep-alive uses it"
    )
