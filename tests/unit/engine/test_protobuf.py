from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from forebear.engine.protobuf import field, fields, flag

NUMBERS = st.integers(1, 2**20)


@given(st.lists(st.tuples(NUMBERS, st.binary(max_size=300) | st.integers(0, 2**63))))
def test_what_is_written_is_read(message: list[tuple[int, bytes | int]]) -> None:
    written = b"".join(
        field(number, value) if isinstance(value, bytes) else flag(number, value) for number, value in message
    )
    assert list(fields(written)) == message
