"""Every scenario at every provider: the pill that is shown, the command advised, what it mends.

What the walk meets is kept in ``scenarios.json``, from which docs/scenarios.md is made; the walk
compares itself with it. SYNCDOCTOR_UPDATE_GOLDEN=1 writes it anew.
"""

from __future__ import annotations

import dataclasses
import json
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
import tomli_w
from tests.conftest import UPDATE
from tests.contract.test_provider import INVOICES, SETTINGS, SOURCES, connect, sign_in

from syncdoctor.engine.guide import list_guides, load_guide
from syncdoctor.model import State
from syncdoctor.providers.common.embedded import EmbeddedProvider
from syncdoctor.providers.custom.sandbox.service import Service as Custom
from syncdoctor.providers.webhook.sandbox.receiver import OTHER
from syncdoctor.providers.webhook.sandbox.receiver import Receiver as Webhook
from syncdoctor.sandbox.scenarios import SCENARIOS, Scenario, concerns
from syncdoctor.sandbox.world import embedded_providers
from syncdoctor.states import state_label

if TYPE_CHECKING:
    from tests.conftest import Cli

    from syncdoctor.sandbox.server import Running

KEPT = Path(__file__).with_name("scenarios.json")
PROVIDERS = embedded_providers()
# The status pills that the products' guides name.
PILLS = (
    "Healthy", "Active", "Verifying", "Pick organisation", "Pick category", "Pick accounts",
    "Pick calendar", "Reconnect needed", "Last sync failed", "Inactive",
)  # fmt: skip
P = TypeVar("P", bound=EmbeddedProvider)
FAR = 100_000  # calls a minute: the walk is no test of limits


@dataclasses.dataclass(slots=True)
class Walk:
    """One provider, set up once and brought back to health between scenarios."""

    cli: Cli
    sandbox: Running
    provider: str
    home: Path
    target: str = ""
    number: int = 0

    def set_up(self) -> None:
        """Sign in, with records that wait."""
        limiter = self.sandbox.world.room(self.provider).limiter
        had = limiter.limits
        limiter.limits = dataclasses.replace(
            had,
            per_minute=had.per_minute and FAR,
            per_hour=had.per_hour and FAR,
            per_day=had.per_day and FAR,
        )
        self.new_records()
        self.target = connect(self.cli, self.sandbox, self.provider, self.source)

    @property
    def source(self) -> Path:
        """The file of records."""
        return self.home / "records.csv"

    def new_records(self) -> None:
        """A source whose records were never sent."""
        self.number += 1
        today = self.sandbox.world.clock.now().date().isoformat()
        text = SOURCES.get(self.provider, INVOICES).format(today=today)
        self.source.write_text(re.sub(r"\bC-(\d)", rf"W{self.number}-\1", text))

    def live(self) -> dict[str, Any]:
        """The line of ``status --live``."""
        (row,) = self.cli("status", self.target, "--live", "--json").json["connections"]
        found: dict[str, Any] = row
        return found

    def play(self, name: str) -> dict[str, Any]:
        """One scenario: what is shown, what is advised, and what is shown after that was done."""
        scenario = SCENARIOS[name]
        self.new_records()
        for fault, params in scenario.faults.items():
            self.sandbox.world.switch_on(fault, **params)
        self.bring_about(scenario)
        row = self.live()
        words = [self.general(word) for word in row["next_command"] or ()]
        after = row
        if words:
            self.follow(row["next_command"])
            after = self.live()
        self.heal(scenario, row, after)
        return {
            "state": row["state"],
            "pill": row["label"],
            "command": " ".join(words),
            "after": after["label"],
        }

    def bring_about(self, scenario: Scenario) -> None:
        """Run and leave open what belongs to a scenario besides its faults."""
        for command in scenario.runs:
            self.follow(["syncdoctor", *(w.replace("TARGET", self.target) for w in command)])
        if scenario.passes:
            self.sandbox.world.switchboard.clear()
        if scenario.unset:
            path = self.home / "config" / "workspaces" / "acme.toml"
            document = tomllib.loads(path.read_text())
            connection = document["connections"][self.provider]
            for setting in scenario.unset:
                connection.pop(setting, None)
                connection.get("settings", {}).pop(setting, None)
            path.write_text(tomli_w.dumps(document))

    def follow(self, command: list[str]) -> None:
        """Run a command as a person would, who signs in and chooses where that is asked for."""
        match command[1:]:
            case ["reconnect", *_]:
                sign_in(self.cli, self.target)
            case ["keys", "rotate", *_]:
                made = self.provider_of(Custom).keys.create("by hand", datetime.now(UTC))
                self.cli("keys", "rotate", self.target, f"--key-file={self.written(made.text)}")
            case ["connection", "configure", _, "--enable"]:
                self.cli(*command[1:])
            case ["connection", "configure", _, "--rotate-secret"]:
                other = self.sandbox.world.switchboard.active().get("signature-mismatch")
                secret = OTHER if other is not None else self.provider_of(Webhook).secret
                self.give_secret(secret)
            case ["diagnose", *_]:
                self.diagnose()
            case ["connection", "pick" | "configure" as verb, *_]:
                chosen = [f"--setting={key}={value}" for key, value in self.choices().items()]
                self.cli("connection", verb, self.target, *chosen)
            case words:
                self.cli(*words)

    def diagnose(self) -> None:
        """Look at the steps, and do what the last one of them says where that is a resync."""
        found = self.cli("diagnose", self.target, "--json").json["connections"][0]["findings"]
        told = found[0]["steps"][-1].partition("syncdoctor resync ")[2] if found else ""
        if told:
            self.cli("resync", *told.split())

    def provider_of(self, kind: type[P]) -> P:
        """The provider in the sandbox."""
        provider = self.sandbox.world.room(self.provider).provider
        assert isinstance(provider, kind)
        return provider

    def written(self, secret: str) -> Path:
        """A file with a secret."""
        path = self.home / "given"
        path.write_text(secret)
        return path

    def give_secret(self, secret: str) -> None:
        """Have the webhook sign with the secret that the receiver knows."""
        new = ("--rotate-secret", f"--secret-file={self.written(secret)}")
        self.cli("connection", "configure", self.target, *new)

    def begin_again(self) -> None:
        """Sign in, or give the credential that is accepted when nothing is wrong."""
        match self.sandbox.world.room(self.provider).provider:
            case Custom():
                self.follow(["syncdoctor", "keys", "rotate"])
            case Webhook() as receiver:
                self.give_secret(receiver.secret)
                self.cli("connection", "configure", self.target, "--enable")
            case _:
                sign_in(self.cli, self.target)

    def choices(self) -> dict[str, str]:
        """For each setting that is missing or gone, the first choice that the provider offers."""
        listed = self.cli("connection", "pick", self.target, "--list", "--json")
        shown = self.cli("connection", "show", self.target, "--json").json["connection"]
        offered = listed.json["settings"] if listed.code == 0 else {}
        values = {name: [one["value"] for one in some] for name, some in offered.items()}
        return {
            name: some[0]
            for name, some in values.items()
            if some and shown["settings"].get(name) not in some
        }

    def heal(self, scenario: Scenario, row: dict[str, Any], after: dict[str, Any]) -> None:
        """End all faults and bring the connection back to health."""
        self.sandbox.world.switchboard.clear()
        if after["state"] in {"reconnect-needed", "inactive", "setup-needed"}:
            self.begin_again()
        synced = ("resync", "TARGET") in scenario.runs or "resync" in row["next_command"]
        if after["state"] != "healthy" and synced:
            self.cli("resync", self.target)
        settings = SETTINGS.get(self.provider)
        if "setup-needed" in {row["state"], after["state"]} and settings:
            chosen = [f"--setting={key}={value}" for key, value in settings.items()]
            self.cli("connection", "pick", self.target, *chosen)

    def general(self, word: str) -> str:
        """A word of a command, without the name of this connection."""
        return word.replace(self.target, "TARGET")


@pytest.mark.parametrize("provider", [one.id for one in PROVIDERS])
def test_every_scenario_is_shown_advised_and_mended_as_it_is_told(
    cli: Cli, sandbox: Running, home: Path, provider: str
) -> None:
    walk = Walk(cli, sandbox, provider, home)
    walk.set_up()
    embedded = next(one for one in PROVIDERS if one.id == provider)
    met = {name: walk.play(name) for name, s in SCENARIOS.items() if concerns(s, embedded)}
    if UPDATE:
        kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
        KEPT.write_text(json.dumps({**kept, provider: met}, indent=1, sort_keys=True) + "\n")
    assert met == json.loads(KEPT.read_text())[provider]


def test_every_pill_of_the_guides_has_a_scenario() -> None:
    rows = [row for met in json.loads(KEPT.read_text()).values() for row in met.values()]
    shown = {row["pill"] for row in rows}
    for name in list_guides():
        guide = load_guide(name)
        shown |= {
            state_label(State(row["state"]), guide)
            for row in rows
            if row["state"] != State.SETUP_NEEDED
        }
    assert set(PILLS) <= shown
