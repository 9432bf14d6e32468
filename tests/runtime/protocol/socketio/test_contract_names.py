"""Contracts in the query string of a handshake."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from ackord.runtime.protocol.socketio.contract_names import (
    MAX_ANNOUNCED,
    PARAMETER,
    ContractName,
    parse_contract_name,
    read_announced,
)
from hypothesis import given
from hypothesis import strategies as st

CONTRACTS = st.builds(
    ContractName,
    st.from_regex(r"[a-z][a-z0-9_]{0,99}", fullmatch=True),
    st.from_regex(r"(0|[1-9][0-9]{0,9})(\.(0|[1-9][0-9]{0,9})){2}", fullmatch=True).filter(
        str.isascii
    ),
)


@given(
    st.lists(CONTRACTS, max_size=MAX_ANNOUNCED, unique_by=lambda contract: contract.name),
    st.sampled_from(["/socket.io/", "/socket.io/?EIO=4", "/socket.io/?EIO=4&ackord=&x=ackord="]),
)
def test_a_server_reads_what_a_client_announces(contracts: list[ContractName], url: str) -> None:
    query = urlencode([(PARAMETER, str(contract)) for contract in contracts])
    announced = read_announced(f"{url}{'&' if '?' in url else '?'}{query}")
    assert list(announced.values()) == contracts


@pytest.mark.parametrize(
    ("query", "read"),
    [
        ("ackord=shop@1.0.0", ["shop@1.0.0"]),
        ("ackord=shop%401.0.0&EIO=4&ackord=chat@10.2.3", ["shop@1.0.0", "chat@10.2.3"]),
        ("ackord=shop@1.0.0&ackord=shop@2.0.0", ["shop@2.0.0"]),
        ("ackord=shop@1.0.0&ackord=", ["shop@1.0.0"]),
        ("Ackord=shop@1.0.0&xackord=shop@1.0.0", []),
        ("ackord", []),
        ("&".join(f"ackord=c{n}@1.0.0" for n in range(1000)), [f"c{n}@1.0.0" for n in range(MAX_ANNOUNCED)]),
    ],
)  # fmt: skip
def test_a_query_string_may_name_several_contracts(query: str, read: list[str]) -> None:
    announced = read_announced(f"/socket.io/?{query}")
    assert [str(contract) for contract in announced.values()] == read


@pytest.mark.parametrize(
    "text",
    [
        "", "shop", "shop@", "@1.0.0", "shop@1", "shop@1.0", "shop@1.0.0.0", "shop@1.0.0-rc1",
        "shop@01.0.0", "shop@-1.0.0", "Shop@1.0.0", "shop @1.0.0", "shop@1.0.0\n", "shop@\u0661.0.0",
        "a" * 101 + "@1.0.0", "shop@" + "9" * 11 + ".0.0", "shop@1.0.0,chat@1.0.0", "s\x00@1.0.0",
        None, 5, ["shop@1.0.0"],
    ],
)  # fmt: skip
def test_anything_else_is_no_contract(text: object) -> None:
    assert parse_contract_name(text) is None


@given(st.text(), st.text("ackord=&?@.%0123", max_size=200))
def test_any_query_string_is_read(anything: str, near: str) -> None:
    for text in (anything, near):
        assert len(read_announced(f"/?ackord={text}")) <= MAX_ANNOUNCED
