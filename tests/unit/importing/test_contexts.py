from __future__ import annotations

import pytest

from forebear.dockerfile.reader import read
from forebear.importing.contexts import context_of


@pytest.mark.parametrize(
    ("copied", "there", "context"),
    [
        ("RUN x", (), "a/b"),
        ("COPY run.sh /", ("run.sh", "a/b/run.sh"), "a/b"),
        ("COPY a/b/run.sh /", ("a/b/run.sh",), "."),
        ("COPY run.sh lib /", ("a/run.sh", "a/lib", "run.sh"), "a"),
        ("COPY run.sh missing /", ("a/run.sh",), "a/b"),
        ('ADD ["https://example.org/x", "run.sh", "/"]', ("run.sh",), "."),
        ("COPY --from=y:1 nothing /", (), "a/b"),
        ("COPY $A *.sh /", (), "a/b"),
        ("COPY <<E /x\nE", (), "a/b"),
        ("COPY . ../x /", ("a/b", "x"), "a/b"),
    ],
)
def test_a_context_holds_all_that_is_copied(copied: str, there: tuple[str, ...], context: str) -> None:
    dockerfile = read(f"FROM x:1 AS x\n{copied}\n")
    assert context_of("a/b/Dockerfile", dockerfile, lambda path: path in there) == context
