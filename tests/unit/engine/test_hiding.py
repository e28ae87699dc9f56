from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from forebear.engine.hiding import hiding


def hidden(line: str, *secrets: bytes) -> str:
    lines: list[str] = []
    hiding({str(at): secret for at, secret in enumerate(secrets)}, lines.append)(line)
    return lines[0]


def test_a_secret_is_hidden_line_by_line() -> None:
    assert hidden("user=me password=hush-hush!", b"me\nhush-hush\n") == "user=me password=***!"
    assert hidden("a token-two b", b"token", b"token-two") == "a *** b"
    assert hidden("nothing here", b"") == "nothing here"


@given(st.text("ab", max_size=8), st.text("abc", min_size=4, max_size=6), st.text("ab", max_size=8))
def test_no_line_holds_it_afterwards(before: str, secret: str, after: str) -> None:
    assert secret not in hidden(before + secret + after, secret.encode())
