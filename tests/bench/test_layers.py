"""The table of layers: each line measures what it says, and nothing is left out."""

from __future__ import annotations

import asyncio

import pytest

from tests.bench.layers import ITEM, Sink, make_layers, run


def test_each_layer_goes_as_far_as_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[bytes] = []

    def write(_: Sink, data: bytes) -> None:
        written.append(data)

    async def scenario() -> None:
        layers = await make_layers()
        written.clear()
        for layer in layers[:-1]:
            layer.feed(layer.frame)
        assert written == []
        layers[-1].feed(layers[-1].frame)
        assert written == [b"\x81" + bytes((len(ITEM) + 5,)) + f"431[{ITEM}]".encode()]

    monkeypatch.setattr(Sink, "write", write)
    asyncio.run(scenario())


def test_the_table_has_a_line_for_each_layer(capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(run(rounds=1, messages=3))
    out = capsys.readouterr().out
    assert [line.split("  ")[0] for line in out.splitlines()[1:6]] == [
        "frame: find, unmask, decode",
        "engine: session",
        "Socket.IO: packet, socket, handler's step",
        "validation of the arguments",
        "answer: serialize, packet, frame",
    ]
    assert "pydantic's own part" in out
