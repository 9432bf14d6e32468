"""Authentication that expires: renewed by the client, or the end of the connection."""

from __future__ import annotations

import asyncio
import datetime as dt
import gc
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from math import inf, nan
from typing import Any, ClassVar, Literal

import pytest
from ackord.runtime.errors import UsageError
from ackord.runtime.server import ConnectionStateRecovery, Server
from ackord.runtime.stubs import v1 as _v1
from ackord.runtime.testing import Link, RawPeer, RawServer, run
from typing_extensions import override

from tests.runtime.typed.test_server import Quiet


class Token(_v1.Model, frozen=True):
    seconds: float


class BadToken(_v1.Error, frozen=True):
    code: ClassVar[Literal["bad_token"]] = "bad_token"


REFRESH: _v1.Event[BadToken | None] = _v1.Event(
    "ackord:refresh_auth",
    handler="on_refresh_auth",
    args=(_v1.Arg("auth", Token),),
    ack=None,
    errors=(BadToken,),
)
VAULT = _v1.NamespaceContract(
    "/vault",
    contract="vault",
    auth=Token,
    connect_errors=(BadToken,),
    client_to_server=(REFRESH,),
    auth_expires=True,
)


class VaultContext(_v1.Context[None]):
    pass


class VaultNamespace(_v1.Namespace[VaultContext], ABC):
    path = "/vault"
    contract = VAULT
    context_type = VaultContext

    @abstractmethod
    async def on_refresh_auth(self, ctx: VaultContext, auth: Token) -> BadToken | None: ...
    async def on_connect(self, ctx: VaultContext, auth: Token) -> BadToken | None:
        return None

    async def on_disconnect(self, ctx: VaultContext, reason: str) -> None:
        return None


class Vault(VaultNamespace):
    def __init__(self) -> None:
        self.reasons: list[str] = []
        self.contexts: list[VaultContext] = []
        self.pause = 0.0

    @override
    async def on_connect(self, ctx: VaultContext, auth: Token) -> BadToken | None:
        self.contexts.append(ctx)
        ctx.expire_in(auth.seconds)
        await asyncio.sleep(self.pause)
        return BadToken() if auth.seconds == 7 else None

    @override
    async def on_refresh_auth(self, ctx: VaultContext, auth: Token) -> BadToken | None:
        if auth.seconds < 0:
            return BadToken()
        ctx.expire_at(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=auth.seconds))
        return None

    @override
    async def on_disconnect(self, ctx: VaultContext, reason: str) -> None:
        self.reasons.append(reason)


class VaultConnectRefusedError(_v1.ConnectRefusedError[BadToken | _v1.UnknownError]):
    pass


class VaultClient(_v1.Client):
    def __init__(self, connector: Any, seconds: float) -> None:
        super().__init__(
            VAULT,
            "http://test",
            auth=Token(seconds=seconds),
            handlers=None,
            refused=VaultConnectRefusedError,
            connector=connector,
        )

    async def refresh_auth(
        self,
        auth: Token,
        *,
        timeout: float = 20.0,  # noqa: ASYNC109  # as generated code has it
    ) -> BadToken | _v1.UnknownError | None:
        return await self._request_result(REFRESH, auth, timeout=timeout)


def play(scenario: Callable[[Link, Vault], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        vault = Vault()
        server = Server(connection_state_recovery=ConnectionStateRecovery())
        server.register(vault)
        await scenario(Link(server), vault)
        await server.close()

    run(main())


async def join(link: Link, seconds: float) -> RawPeer:
    peer = await link.raw()
    await peer.receive()
    await peer.send(f'40/vault,{{"seconds":{seconds}}}')
    return peer


def test_a_client_sees_why_it_was_ended_and_plain_clients_an_event_before() -> None:
    async def scenario(link: Link, vault: Vault) -> None:
        peer = await join(link, 5)
        assert (await peer.receive_text()).startswith('40/vault,{"sid"')
        await peer.expect_silence(4.9)
        text = await peer.receive_text()
        assert text.startswith('42/vault,["ackord:auth_expired"')
        await peer.expect("41/vault,")
        reasons: list[str] = []
        async with VaultClient(link, 5) as client:
            client.on_disconnect(reasons.append)
            await asyncio.sleep(6)
            assert (client.connected, client.active) == (False, False)
            await client.connect()
            await client.disconnect()
        assert reasons == ["auth_expired", "io client disconnect"]
        assert vault.reasons == ["auth_expired", "auth_expired", "client namespace disconnect"]

    play(scenario)


def test_a_client_that_renews_its_authentication_stays() -> None:
    async def scenario(link: Link, vault: Vault) -> None:
        peer = await join(link, 5)
        await peer.receive_text()
        await asyncio.sleep(4)
        await peer.send('42/vault,1["ackord:refresh_auth",{"seconds":8}]')
        await peer.expect("43/vault,1[]")
        await peer.send('42/vault,2["ackord:refresh_auth",{"seconds":-1}]')
        await peer.expect('43/vault,2[{"error":{"code":"bad_token","message":"bad_token"}}]')
        await peer.send('42/vault,3["ackord:refresh_auth",{"seconds":"x"}]')
        assert "invalid_request" in await peer.receive_text()
        await peer.expect_silence(7.8)
        assert "auth_expired" in await peer.receive_text()
        async with VaultClient(link, 5) as client:
            assert await client.refresh_auth(Token(seconds=50)) is None
            assert await client.refresh_auth(Token(seconds=-1)) == BadToken()
            await asyncio.sleep(49)
            assert client.connected
            await asyncio.sleep(2)
            assert not client.connected

    play(scenario)


@pytest.mark.parametrize("seconds", [0, -1, 1])
def test_an_authentication_that_ends_before_the_client_has_joined_refuses_it(seconds: int) -> None:
    async def scenario(link: Link, vault: Vault) -> None:
        vault.pause = 2
        peer = await join(link, seconds)
        await peer.expect(
            '44/vault,{"message":"The authentication has expired","data":{"code":"auth_expired"}}'
        )
        with pytest.raises(VaultConnectRefusedError) as refused:
            await VaultClient(link, seconds).connect()
        assert refused.value.error == _v1.UnknownError(
            "auth_expired", "The authentication has expired"
        )
        vault.pause = 0
        peer = await join(link, 7)
        assert "bad_token" in await peer.receive_text()
        await peer.expect_silence(20)

    play(scenario)


def test_nothing_is_left_of_a_client_that_has_gone() -> None:
    async def scenario(link: Link, vault: Vault) -> None:
        peer = await join(link, 1000)
        await peer.receive_text()
        await peer.close()
        await asyncio.sleep(1)
        found = weakref.ref(vault.contexts.pop())
        await asyncio.sleep(300)  # until nothing is kept for its return
        gc.collect()
        assert found() is None
        assert vault.reasons == ["transport close"]

    play(scenario)


def test_a_server_that_says_nothing_of_the_end_is_a_server_that_disconnects() -> None:
    async def scenario() -> None:
        server = RawServer()
        client = VaultClient(server, 5)
        reasons: list[str] = []
        client.on_disconnect(reasons.append)
        for notice in ('42/vault,["ackord:auth_expired"]', '42/vault,["else"]'):
            connecting = asyncio.ensure_future(client.connect())
            peer = await server.accept()
            await peer.send(
                '0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}'
            )
            await peer.receive()
            await peer.send('40/vault,{"sid":"y"}')
            await connecting
            await peer.send(notice, "41/vault,")
            await asyncio.sleep(1)
        assert reasons == ["auth_expired", "io server disconnect"]

    run(scenario())


@pytest.mark.parametrize("seconds", [nan, inf, "5"])
def test_an_end_that_makes_no_sense_is_refused(seconds: Any) -> None:
    async def scenario(link: Link, vault: Vault) -> None:
        await (await join(link, 5)).receive_text()
        (ctx,) = vault.contexts
        with pytest.raises(UsageError, match="finite number"):
            ctx.expire_in(seconds)
        with pytest.raises(UsageError, match="time zone"):
            ctx.expire_at(dt.datetime(2030, 1, 1))  # noqa: DTZ001  # what is refused

    play(scenario)


def test_only_a_contract_whose_authentication_expires_can_end_it() -> None:
    async def scenario() -> None:
        server = Server()
        quiet = Quiet()
        server.register(quiet)
        async with await Link(server).raw() as peer:
            await peer.receive()
            await peer.send("40/quiet,", '42/quiet,1["ask",1]')
            await peer.receive()
            await peer.receive()
            (socket,) = quiet.socket_namespace.sockets.values()
            context: Any = socket.context
            with pytest.raises(UsageError, match="`expires: true` under its `auth`"):
                context.expire_in(5)
        await server.close()

    run(scenario())
