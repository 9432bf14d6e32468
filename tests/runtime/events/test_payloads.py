"""The JSON of untyped events."""

from __future__ import annotations

import pytest
from ackord.runtime.events.payloads import decode_json
from ackord.runtime.socketio.errors import MalformedPayloadError


@pytest.mark.parametrize("text", ["1e999", "-1e999", '["a",[{"b":-1e400}]]', "NaN", "Infinity", "-Infinity"])
def test_numbers_that_could_not_be_passed_on_are_refused(text: str) -> None:
    with pytest.raises(MalformedPayloadError):
        decode_json(text)
