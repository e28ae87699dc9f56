from __future__ import annotations

import re
from pathlib import Path

import pytest

from forebear.pins.audit.configured import read, schema
from forebear.pins.audit.model import Rule, Severity
from forebear.pins.audit.rules import by_code, find, rules
from forebear.pins.audit.spans import Spans
from forebear.pins.audit.suppress import Suppression, suppressions

PAGE = Path(__file__).parents[4] / "docs/audit.md"
RULES = list(rules().values())


def test_codes_and_names_are_unique_and_in_order() -> None:
    codes = [rule.code for rule in RULES]
    assert codes == sorted(set(codes))
    assert len(by_code()) == len(rules()) == len(codes)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_says_what_why_and_how_to_mend_it(rule: Rule) -> None:
    assert re.fullmatch(r"FB\d{3}", rule.code)
    assert re.fullmatch(r"[a-z]+(?:-[a-z0-9]+)*", rule.name)
    assert rule.severity in {Severity.ERROR, Severity.WARNING, Severity.NOTE}
    assert not rule.summary.endswith(".")
    assert rule.why.endswith(".")
    assert rule.mend


def test_a_rule_is_found_by_its_name_or_code() -> None:
    assert find("no-tag") is find("FB001") is find("fb001") is RULES[0]
    assert find("no-such") is None


def test_the_page_lists_every_rule_as_it_is() -> None:
    text = PAGE.read_text("utf-8")
    rows = re.findall(r"^\| \[(FB\d+)\]\(#\S+\) \| `(\S+)` \| (\w+) \| (.*) \|$", text, re.MULTILINE)
    assert rows == [(rule.code, rule.name, rule.severity, rule.summary) for rule in RULES]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_page_says_why_and_how_to_mend_it(rule: Rule) -> None:
    section = PAGE.read_text("utf-8").partition(f"### {rule.code} {rule.name}\n\n")[2].partition("\n#")[0]
    assert " ".join(section.split()).startswith(f"{rule.why} {rule.mend}")


def test_the_page_lists_every_setting() -> None:
    section = PAGE.read_text("utf-8").partition("\n## Settings\n")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `([\w-]+)` \|", section, re.MULTILINE) == list(schema()["properties"])
    (example,) = re.findall(r"^```yaml\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    assert read(example.encode()).registries


def test_the_page_shows_suppressions_that_are_some() -> None:
    section = PAGE.read_text("utf-8").partition("\n## Suppression\n")[2].partition("\n## ")[0]
    comments = "\n".join(re.findall(r"^# forebear: .*", section, re.MULTILINE)) + "\nFROM x\n"
    found = [*suppressions(comments, Spans(comments))]
    assert [(each.rule, each.line) for each in found if isinstance(each, Suppression)] == [
        ("no-digest", 3),
        ("unpinned-apt", 3),
        ("moving-tag", 0),
    ]
