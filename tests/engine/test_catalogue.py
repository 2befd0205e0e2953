from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from syncdoctor.engine import catalogue as module
from syncdoctor.engine.catalogue import Catalogue, load
from syncdoctor.errors import ConfigError, NotFound
from syncdoctor.model import Action, Cause, Confidence

Text = Callable[..., str]
Make = Callable[..., Catalogue]
Write = Callable[..., Path]


def test_reads_providers_and_rules(made: Make, text_of: Text) -> None:
    catalogue = made(text_of(), common=(text_of("common.two"),))
    assert catalogue.providers["acct"].name == "Acct"
    assert [rule.id for rule in catalogue.rules] == ["acct.one", "common.two"]
    own, common = catalogue.rules
    assert (own.provider, common.provider) == ("acct", None)
    assert own.cause is Cause.RECORD_INVALID
    assert own.confidence is Confidence.LIKELY
    assert own.action is Action.FIX_RECORD
    assert own.samples == ()


def test_samples_come_when_asked_for(made: Make, text_of: Text) -> None:
    catalogue = made(text_of())
    assert catalogue.rule("acct.one").samples[0].status == 400
    assert catalogue.rules_with_samples[0].samples[0].origin == "derived"


def test_an_action_of_its_own(made: Make, text_of: Text) -> None:
    assert made(text_of(more='action = "wait"')).rules[0].action is Action.WAIT


def test_rules_for_a_provider_are_its_own_and_the_common_ones(made: Make, text_of: Text) -> None:
    catalogue = made(text_of(), common=(text_of("common.two"),))
    assert [rule.id for rule in catalogue.rules_for("acct")] == ["acct.one", "common.two"]
    assert [rule.id for rule in catalogue.rules_for(None)] == ["common.two"]


def test_an_unknown_rule_suggests_the_closest(made: Make, text_of: Text) -> None:
    with pytest.raises(NotFound, match=r"acct\.onne") as caught:
        made(text_of()).rule("acct.onne")
    assert caught.value.hint is not None
    assert "acct.one" in caught.value.hint


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"identity": "other.one"}, "id: .*must begin with acct"),
        ({"identity": "acct.One"}, "id: .*PROVIDER.kebab-name"),
        ({"cause": "broken"}, 'cause: "broken" is not one of'),
        ({"cause": "unknown"}, "cause: unknown is what no rule says"),
        ({"confidence": "sure"}, "confidence: "),
        ({"more": 'meening = "x"'}, "meening: unknown key; did you mean meaning"),
        ({"more": 'also = ["oops"]'}, "also: "),
        ({"more": 'severity = "fatal"'}, "severity: "),
        ({"when": ""}, "when: asks nothing"),
        ({"when": 'kode = "x"'}, "when: kode: unknown key; did you mean code"),
        ({"when": 'phase = "apii"'}, 'when: phase: "apii" is not one of'),
        ({"when": "status = 999"}, "when: status: 999"),
        ({"when": 'status = "404"'}, "when: status: .*write it as a number"),
        ({"when": "status = true"}, "when: status: True"),
        ({"when": 'transport = "gone"'}, "when: transport: "),
        ({"when": 'message = "("'}, "when: message: .*no RE2 expression"),
        ({"when": r'message = "(a)\\1"'}, "when: message: .*no RE2 expression"),
        ({"when": 'message = "a*"'}, "when: message: .*holds for every text"),
        ({"when": 'url = "["'}, "when: url: "),
        ({"when": 'header = { server = "(" }'}, r"when: header\.server: "),
        ({"when": 'body = "pdf"'}, "when: body: "),
        ({"when": 'method = "get"'}, "when: method: "),
        ({"when": "code = 57"}, "when: code: must be a list of texts"),
        ({"when": "code = []"}, "when: code: is empty"),
        ({"when": "fact = { token_gone = true }"}, r"when: fact\.token_gone: unknown fact"),
        ({"when": 'fact = { no_token = "yes" }'}, r"when: fact\.no_token: must be true or false"),
        ({"sample": "status = 'x'"}, "sample 1: status: must be a whole number"),
        ({"sample": "body = 'x'"}, "sample 1: status: a sample needs"),
        ({"sample": "status = 400\nheader = {}"}, "sample 1: header: unknown key"),
    ],
)
def test_a_wrong_rule_is_named_with_file_table_and_key(
    made: Make, text_of: Text, change: dict[str, str], told: str
) -> None:
    with pytest.raises(ConfigError, match=rf"acct/rules\.toml: rule 1 .*{told}"):
        made(text_of(**change))


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        ("sources", "sources: a rule needs at least one source"),
        ("meaning", "meaning: is missing"),
        ("cause", "cause: is missing"),
        ("id", "id: is missing"),
    ],
)
def test_what_a_rule_needs(made: Make, text_of: Text, missing: str, told: str) -> None:
    lines = [line for line in text_of().splitlines() if not line.startswith(missing)]
    with pytest.raises(ConfigError, match=rf"acct/rules\.toml: rule 1.*{told}"):
        made("\n".join(lines))


def test_a_rule_needs_a_sample(made: Make, text_of: Text) -> None:
    with pytest.raises(ConfigError, match="sample: a rule needs at least one"):
        made(text_of().partition("[[rule.sample]]")[0])


def test_an_id_twice_names_both_files(made: Make, text_of: Text) -> None:
    with pytest.raises(ConfigError, match="is there already, in"):
        made(text_of(), text_of())


def test_broken_toml_names_file_and_line(made: Make) -> None:
    with pytest.raises(ConfigError, match=r"acct/rules\.toml: not TOML: .*line 1"):
        made("[[rule]")


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ('id = "other"', "id: .*name of the folder"),
        ('id = "acct"', "name: is missing"),
        ('id = "acct"\nnick = "x"', "nick: unknown key"),
    ],
)
def test_wrong_facts_are_named(made: Make, facts: str, told: str) -> None:
    with pytest.raises(ConfigError, match=rf"acct/facts\.toml: {told}"):
        made(facts=facts)


def test_a_wrong_shape_of_facts_is_named(made: Make, written: Write) -> None:
    facts = (written() / "acct" / "facts.toml").read_text(encoding="utf-8")
    with pytest.raises(ConfigError, match=r"detect: shapes: .*no RE2"):
        made(facts=facts + '[detect]\nshapes = ["("]\n')


def test_the_users_rules_may_be_about_any_provider(
    written: Write, text_of: Text, tmp_path: Path
) -> None:
    extra = tmp_path / "rules"
    extra.mkdir()
    (extra / "mine.toml").write_text(
        text_of("acct.mine") + text_of("common.mine"), encoding="utf-8"
    )
    catalogue = load(extra, providers_dir=written(text_of()))
    assert [rule.id for rule in catalogue.rules] == ["acct.one", "acct.mine", "common.mine"]


def test_one_provider_alone(written: Write, text_of: Text) -> None:
    providers = written(text_of(), common=(text_of("common.two"),))
    (providers / "acct" / "rules.toml").write_text("half written [", encoding="utf-8")
    assert [rule.id for rule in load(only="other", providers_dir=providers).rules] == ["common.two"]


class TestCache:
    def test_a_warm_load_parses_nothing(
        self, written: Write, text_of: Text, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        providers = written(text_of())
        cold = load(cache_dir=tmp_path / "cache", providers_dir=providers)

        def refuse(path: Path) -> dict[str, object]:
            raise AssertionError(path)

        monkeypatch.setattr(module, "parse_file", refuse)
        warm = load(cache_dir=tmp_path / "cache", providers_dir=providers)
        assert warm.rules == cold.rules
        assert warm.providers["acct"] == cold.providers["acct"]

    def test_a_changed_file_is_read_again(
        self, written: Write, text_of: Text, tmp_path: Path
    ) -> None:
        load(cache_dir=tmp_path / "cache", providers_dir=written(text_of()))
        providers = written(text_of("acct.other"))
        os.utime(providers / "acct" / "rules.toml", ns=(1, 1))
        catalogue = load(cache_dir=tmp_path / "cache", providers_dir=providers)
        assert [rule.id for rule in catalogue.rules] == ["acct.other"]

    @pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"\xff\xfe", b'{"key": 1}'])
    def test_a_damaged_cache_is_ignored_and_replaced(
        self, written: Write, text_of: Text, tmp_path: Path, damage: bytes
    ) -> None:
        providers, cache = written(text_of()), tmp_path / "cache"
        load(cache_dir=cache, providers_dir=providers)
        (kept,) = cache.iterdir()
        kept.write_bytes(damage)
        assert load(cache_dir=cache, providers_dir=providers).rules[0].id == "acct.one"
        assert orjson.loads(kept.read_bytes())["value"]["rules"]

    def test_a_cache_that_cannot_be_written_is_no_failure(
        self, written: Write, text_of: Text, tmp_path: Path
    ) -> None:
        (tmp_path / "cache").write_text("a file where a directory should be", encoding="utf-8")
        catalogue = load(cache_dir=tmp_path / "cache", providers_dir=written(text_of()))
        assert len(catalogue.rules) == 1
