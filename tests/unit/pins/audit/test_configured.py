from __future__ import annotations

import copy
import re
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from forebear.errors import InputError
from forebear.pins.audit.configured import LIMIT, read, schema
from forebear.pins.audit.model import Severity
from forebear.pins.audit.settings import Settings


def _ecma_pattern(_: Any, pattern: str, instance: object, __: Any) -> Any:
    if isinstance(instance, str) and not re.search(pattern.replace("$", r"\Z"), instance):
        yield jsonschema.ValidationError(f"{instance!r} does not match {pattern!r}")


extend: Any = jsonschema.validators.extend
SCHEMA = extend(jsonschema.Draft202012Validator, {"pattern": _ecma_pattern})(schema())
GOOD: dict[str, Any] = {
    "audit": 1,
    "rules": {"no-digest": "error", "FB021": "off"},
    "registries": ["registry.example.org:5000", "docker.io/library"],
    "names": ["docker.io/acme"],
    "exclude": ["vendor/**", "*.old"],
    "fail-on": "note",
}
TEXT = """\
audit: 1
rules:
  no-digest: error
  FB021: off          # no quotes needed
registries: [registry.example.org:5000, docker.io/library]
names: [docker.io/acme]
exclude: ["vendor/**", "*.old"]
fail-on: note
"""


def test_all_keys() -> None:
    found = read(TEXT.encode())
    assert found.severities == {"no-digest": Severity.ERROR, "unpinned-apt": Severity.OFF}
    assert found.registries == ("registry.example.org:5000", "docker.io/library")
    assert found.names == ("docker.io/acme",)
    assert found.exclude == ("vendor/**", "*.old")
    assert found.fail_on is Severity.NOTE
    SCHEMA.validate(yaml.safe_load(TEXT.replace(": off ", ': "off" ')))


def test_nothing_but_the_format_is_needed() -> None:
    assert read(b"audit: 1\n") == Settings()


BAD = """\
audit: 2
ruels: {}
rules:
  no-digset: error
  no-tag: eror
  FB001: off
  latest: 1
  look-alike: no
registries: docker.io
names: [https://x.example, 5]
exclude: [""]
fail-on: off
"""


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        read(BAD.encode(), "x.yml")
    assert str(caught.value).split("\n") == [
        "x.yml:1:8: audit: this forebear reads format 1 of .forebear-audit.yml; write audit: 1",
        "x.yml:2:1: ruels: unknown key ruels; did you mean rules?",
        "x.yml:4:3: rules.no-digset: no rule is called no-digset; did you mean no-digest?",
        "x.yml:5:11: rules.no-tag: eror is no severity; did you mean error?",
        "x.yml:7:11: rules.latest: a number is no severity; write error, warning, note or off",
        "x.yml:8:15: rules.look-alike: no is no severity; did you mean note?",
        "x.yml:9:13: registries: this is text, and has to be a list; write - and a text for each",
        'x.yml:10:9: names[0]: "https://x.example" is not a registry; write x.example',
        "x.yml:10:28: names[1]: this is a number, and has to be text; write it in quotes",
        "x.yml:11:11: exclude[0]: this is empty, or more than one line of plain text; write one line",
        "x.yml:12:10: fail-on: off is no severity; write error, warning or note",
    ]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", ".forebear-audit.yml:1:1: this is nothing, and has to be a mapping; begin with audit: 1"),
        (b"- x", ".forebear-audit.yml:1:1: this is a list, and has to be a mapping; begin with audit: 1"),
        (b"x: 1", "the key audit is missing; begin with audit: 1"),
        (b"audit: 1\nrules: []", "rules: this is a list, and has to be a mapping; write rule: severity"),
        (b"audit: 1\nrules: {no-tag: off, FB001: off}", "FB001 is no-tag, which is here already; keep one of them"),
        (b"\xff", "is not UTF-8"),
        (b"audit: [", "this is not YAML"),
        (b"#" * (LIMIT + 1), ".forebear-audit.yml: the file is larger than 1,048,576 bytes"),
        (b"audit: 1\nexclude: [off]", "off is true or false to some readers of YAML"),
    ],
)
def test_a_bad_file(data: bytes, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(data)
    assert said in str(caught.value)


WORDS = st.sampled_from(
    ["error", "off", "note", "eror", "no-tag", "FB002", "fb002", "x", "docker.io", "docker.io/a", "A", "", "a\nb", "é"]
)
VALUES = WORDS | st.integers(0, 2) | st.none() | st.booleans()
ANY = VALUES | st.lists(VALUES, max_size=2) | st.dictionaries(WORDS, VALUES, max_size=2)


@given(st.sampled_from([*GOOD, "x"]), ANY)
def test_the_schema_and_the_reader_agree(key: str, value: Any) -> None:
    document = copy.deepcopy(GOOD)
    document[key] = value
    text = (
        yaml.safe_dump(document, default_style='"').replace("!!int ", "").replace("!!bool ", "").replace("!!null ", "")
    )
    text = re.sub(r'"(\d+|true|false|null)"(?=\n|$)', r"\1", text)
    try:
        read(text.encode())
        sound = True
    except InputError as error:
        sound = "which is here already" in str(error)
    if "fb002" not in str(value):  # codes are found in any case; editors complete them in upper case
        assert SCHEMA.is_valid(document) == sound
