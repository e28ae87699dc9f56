"""What readers make of texts, in one line a use; and texts to try them with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from forebear.pins.audit.model import Trouble, Use

if TYPE_CHECKING:
    from forebear.pins.audit.model import Read, Span


def told(read: Read, text: str | bytes, path: str = "file.yml") -> list[str]:
    """`text -> resolved` of each use, in parentheses what --fix may replace; or the place and problem of a trouble."""
    data = text.encode() if isinstance(text, str) else text
    return [_told(one, data) for one in checked(read, data, path)]


def checked(read: Read, data: bytes, path: str = "file.yml") -> list[Use | Trouble]:
    """What a reader makes of bytes; every span has to select what it says."""
    found = list(read(data, path))
    for one in found:
        assert_placed(one.span, data)
        if isinstance(one, Use):
            assert selected(one.span, data) == one.text
            if one.written is not None:
                assert_placed(one.written, data)
                assert selected(one.written, data) == one.resolved
            assert (one.resolved is None) == bool(one.unset)
            assert set(one.unset) <= set(one.via)
        else:
            assert one.rule == "malformed"
            assert one.problem
            assert one.action
    return found


def selected(span: Span, data: bytes) -> str:
    return data[span.start : span.end].decode()


def assert_placed(span: Span, data: bytes) -> None:
    """Lines and columns say the same as the offsets."""
    if not span.line:
        return
    for line, column, offset in ((span.line, span.column, span.start), (span.end_line, span.end_column, span.end)):
        before = data[:offset].removeprefix(b"\xef\xbb\xbf").decode()
        assert (line, column) == (before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)


def _told(one: Use | Trouble, data: bytes) -> str:
    if isinstance(one, Trouble):
        return f"{one.span.line}:{one.span.column}: {one.problem}"
    resolved = f"unknown {','.join(one.unset)}" if one.resolved is None else one.resolved
    written = "" if one.written is None else f" ({selected(one.written, data)})"
    return f"{one.kind}: {one.text} -> {resolved}{' local' * one.local}{written}"


WORDS = [
    *("services", "image", "build", "volumes", "source", "type", "jobs", "container", "steps", "uses", "runs", "on"),
    *("strategy", "matrix", "include", "exclude", "default", "variables", "spec", "inputs", "parallel", "name", "kind"),
    *("containers", "apiVersion", "template", "repository", "tag", "digest", "registry", "features", "<<"),
]
VALUES = [
    *("nginx:1.25", "docker.io/library/fedora", "docker://alpine:3", "docker-image://x:1", "a/b@sha256:" + "0" * 64),
    *("${TAG:-latest}", "x:${TAG}", "${A:-${B:-c:1}}", "$$", "$IMG", "${{ matrix.a }}", "${{ inputs.b || 'c:1' }}"),
    *("${localEnv:A:b}", "$[[ inputs.a ]]", "{{ .Values.image }}", '"a\\u00e9:1"', "'it''s'", "Pod", "v1", "image"),
    *("!reference [a, image]", "|\n  x:1\n", ">-\n  x:1\n", "", " ", "[a, b]", "{image: x}", "1.10", "true"),
    *("*a", "&a x:1", "é:1", "~"),
]
SIGNS = [*"{}[],\"'#\t\ufeff\x85", "\n", "\n  ", "\n    ", "- ", ": ", "---\n", "\r\n"]


def ragged() -> st.SearchStrategy[bytes]:
    """Bytes that look like YAML and mostly are none."""
    pieces = st.lists(st.sampled_from([*WORDS, *VALUES, *SIGNS]), max_size=40).map("".join)
    return pieces.map(str.encode) | st.text(max_size=60).map(str.encode) | st.binary(max_size=60)


def documents() -> st.SearchStrategy[bytes]:
    """YAML of the words that readers look for, nested in every way."""
    leaves = st.sampled_from([value for value in VALUES if "\n" not in value and value not in {"*a", "'it''s'"}])
    keys = st.sampled_from([word for word in WORDS if word != "<<"])
    flow = st.recursive(
        leaves.map(_quoted),
        lambda inner: (
            st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
            | st.dictionaries(keys, inner, max_size=4).map(
                lambda items: "{" + ", ".join(f"{key}: {value}" for key, value in items.items()) + "}"
            )
        ),
        max_leaves=12,
    )
    top = st.dictionaries(keys, flow, max_size=5).map(
        lambda items: "".join(f"{key}: {value}\n" for key, value in items.items())
    )
    return st.lists(top, max_size=3).map("---\n".join).map(str.encode)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
