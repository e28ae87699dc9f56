from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.dockerfile.reader import read
from forebear.importing.lineends import unix
from forebear.importing.refused import Refused

LINES = st.lists(st.sampled_from(["RUN a \\", "", "# c", "ENV A=1", 'CMD ["a"]', "RUN <<E\nE"]), max_size=8)


@given(LINES, st.lists(st.sampled_from(["\r\n", "\n"]), min_size=1))
def test_other_line_ends_say_the_same(lines: list[str], ends: list[str]) -> None:
    text = "".join(line + ends[at % len(ends)] for at, line in enumerate(["FROM a:1", *lines]))
    found = unix(text)
    assert found == text.replace("\r\n", "\n")
    assert read(found).instructions == read(text).instructions


def test_what_would_say_something_else_is_refused() -> None:
    with pytest.raises(Refused, match="its here-documents hold carriage returns"):
        unix("FROM a:1\r\nRUN <<E\r\nx\r\nE\r\n")
    with pytest.raises(Refused) as caught:
        unix("FROM a:1\r\nRUN a\rb\n")
    assert (caught.value.line, caught.value.reason) == (
        2,
        "a carriage return stands within a line, and no template keeps it",
    )


def test_what_no_one_can_read_is_told_elsewhere() -> None:
    assert unix("NONSENSE\r\n") == "NONSENSE\n"
