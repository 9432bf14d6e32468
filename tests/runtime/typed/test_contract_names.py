"""Clients and servers that were generated from different contracts, or versions of one."""

from __future__ import annotations

from typing import Any, Unpack

import pytest
from ackord.runtime.client import Manager
from ackord.runtime.protocol.socketio.contract_names import ContractName
from ackord.runtime.server import Server, Socket
from ackord.runtime.stubs import v1
from ackord.runtime.testing import Link, RawServer, run

SAID = v1.Event[None]("said", handler="on_said", args=(v1.Arg("text", str),))
OURS = ContractName("shop", "2.1.0")


def contract(
    name: str = "shop", version: str | None = "2.1.0", **more: Any
) -> v1.NamespaceContract:
    return v1.NamespaceContract(
        "/shop", contract=name, version=version, client_to_server=(SAID,), **more
    )


class ShopContext(v1.Context[Any]):
    pass


class Shop(v1.Namespace[ShopContext]):
    path = "/shop"
    contract = contract()
    context_type = ShopContext

    async def on_said(self, ctx: ShopContext, text: str) -> None: ...


class AskingShop(Shop):
    """One that doesn't let clients in at once."""

    async def on_connect(self, ctx: ShopContext) -> None: ...


class Refused(v1.ConnectRefusedError[v1.UnknownError]):
    pass


class ShopClient(v1.Client):
    def __init__(
        self,
        generated_from: v1.NamespaceContract,
        server: str | Manager = "http://test",
        **options: Unpack[v1.ClientOptions],
    ) -> None:
        super().__init__(
            generated_from, server, auth=None, handlers=None, refused=Refused, **options
        )

    def said(self, *args: object) -> None:
        self._emit(SAID, *args)


def serve(namespace: Shop | None = None, **options: Any) -> tuple[Server, list[Socket]]:
    server = Server(**options)
    server.register(namespace or Shop())
    sockets: list[Socket] = []
    server.of("/shop").on("connection", sockets.append)
    return server, sockets


@pytest.mark.parametrize("shop", [Shop, AskingShop])
def test_a_client_of_another_contract_is_refused_and_told_which_it_is(
    shop: type[Shop], caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        server, sockets = serve(shop())
        client = ShopClient(contract("forum"), connector=Link(server))
        with pytest.raises(Refused) as refused:
            await client.connect()
        assert refused.value.error == v1.UnknownError(
            "contract_mismatch",
            "The namespace belongs to another contract than the client: shop@2.1.0",
            {"contracts": ["shop@2.1.0"]},
        )
        assert sockets == []
        async with ShopClient(contract(), connector=Link(server)):
            assert len(sockets) == 1

    run(scenario())
    (message,) = caplog.messages
    assert message == (
        "A client at '127.0.0.1' has the contract 'forum@2.1.0', and namespace '/shop' belongs "
        "to 'shop@2.1.0': it is refused."
    )


@pytest.mark.parametrize(
    ("client_version", "warnings"), [("2.1.0", 0), ("2.9.9", 0), ("1.0.0", 1), ("10.0.0", 1)]
)
def test_another_major_version_is_one_warning_on_each_side(
    client_version: str, warnings: int, caplog: pytest.LogCaptureFixture
) -> None:
    theirs = ContractName("shop", client_version)

    async def scenario() -> None:
        server, sockets = serve()
        client = ShopClient(contract(version=client_version), connector=Link(server))
        assert client.server_contract is None
        for count in (1, 2):
            async with client:
                assert client.server_contract == OURS
                assert [socket.client_contract for socket in sockets] == [theirs] * count

    run(scenario())
    assert [(record.name, record.levelname) for record in caplog.records] == [
        ("ackord.runtime.server", "WARNING"),
        ("ackord.runtime.client", "WARNING"),
    ] * warnings


@pytest.mark.parametrize(("version", "announce_contract"), [("2.1.0", False), (None, True)])
def test_a_client_that_announces_no_contract_is_let_in_and_told_none(
    version: str | None, announce_contract: bool
) -> None:
    async def scenario() -> None:
        server, sockets = serve()
        client = ShopClient(
            contract("forum", version),
            connector=Link(server),
            announce_contract=announce_contract,
        )
        async with client:
            assert client.server_contract is None
            assert sockets[0].client_contract is None
            assert "ackord" not in sockets[0].handshake.query

    run(scenario())


def test_a_server_without_a_contract_of_its_own_lets_everybody_in() -> None:
    async def scenario() -> None:
        server = Server()
        server.of("/shop")
        async with ShopClient(contract(), connector=Link(server)) as client:
            assert client.server_contract is None

    run(scenario())


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ({}, '{"sid":"?"}'),
        ({"ackord": "shop@2.1.0"}, '{"sid":"?","ackord":"shop@2.1.0"}'),
        ({"ackord": "shop@2.1.0\n"}, '{"sid":"?"}'),
        ({"ackord": "x" * 5000}, '{"sid":"?"}'),
    ],
)
def test_only_a_client_that_announces_the_contract_is_told_the_servers_version(
    query: dict[str, str], answer: str
) -> None:
    async def scenario() -> None:
        server, sockets = serve()
        peer = await Link(server).raw(query=query)
        await peer.receive_text()
        await peer.send("40/shop,")
        welcome = await peer.receive_text()
        assert welcome.replace(sockets[0].id, "?") == f"40/shop,{answer}"

    run(scenario())


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"ackord": "shop@3.0.0"}, " with the contract 'shop@3.0.0'"),
        ({"ackord": "shop@3.0.0'\n"}, "from '127.0.0.1'"),
        ({}, "from '127.0.0.1'"),
    ],
)
@pytest.mark.parametrize("event", ['["said",5]', '["unheard"]'])
def test_the_log_says_which_contract_the_client_of_a_failed_event_has(
    event: str, query: dict[str, str], shown: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        server, _ = serve()
        peer = await Link(server).raw(query=query)
        await peer.receive_text()
        await peer.send("40/shop,")
        await peer.receive_text()
        caplog.clear()
        await peer.send(f"42/shop,1{event}")
        assert '{"error":' in await peer.receive_text()

    run(scenario())
    assert caplog.records[0].message.endswith(shown), caplog.text


@pytest.mark.parametrize(
    "member", ['"shop"', "5", '["shop@2.1.0"]', '"shop@2.1.0\\n"', '"x"', "null"]
)
def test_a_server_that_answers_with_something_else_is_one_without_a_contract(member: str) -> None:
    async def scenario() -> None:
        server = RawServer()
        client = ShopClient(contract(), connector=server)
        await server.join(client.socket, sid=f'a","ackord":{member},"b":"')
        assert client.server_contract is None
        await client.disconnect()

    run(scenario())


def test_the_query_string_names_each_contract_of_a_connection_once() -> None:
    async def scenario() -> None:
        server, sockets = serve()
        manager = Manager("http://test?a=b", connector=Link(server))
        news = v1.NamespaceContract("/news", contract="news", version="1.0.0")
        more = v1.NamespaceContract("/more", contract="shop", version="2.1.0")
        server.of("/news")
        server.of("/more")
        clients = [ShopClient(contract(), manager), ShopClient(more, manager)]
        async with clients[0], clients[1], ShopClient(news, manager):
            pass
        await clients[0].connect()
        rest = "&EIO=4&transport=websocket"
        assert [socket.handshake.url for socket in sockets] == [
            f"/socket.io/?a=b&ackord=shop@2.1.0{rest}",
            f"/socket.io/?a=b&ackord=shop@2.1.0&ackord=news@1.0.0{rest}",
        ]
        await manager.close()

    run(scenario())
