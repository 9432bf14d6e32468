"""Mistakes with several classes of rooms."""

from tests.codegen.golden.two_namespaces.expected import (
    GuestsClient,
    GuestsContext,
    GuestsNamespace,
    KitchenContext,
    KitchenRoom,
    Order,
    OrderId,
    OrderRoom,
    TableRoom,
)


def send(guests: GuestsNamespace, ctx: GuestsContext, kitchen: KitchenContext, order: Order) -> None:
    ctx.to(TableRoom(1)).called(1)
    ctx.to(TableRoom(1), TableRoom(2)).order(order)
    kitchen.to(KitchenRoom()).called(1)
    kitchen.to(TableRoom(1)).called(1)
    ctx.to(OrderRoom(order.id, order.id)).order(order)  # E: mypy pyright
    guests.to(KitchenRoom()).called(1)  # E: mypy pyright
    guests.to(TableRoom(1), KitchenRoom()).called(1)  # E: mypy pyright
    guests.to(TableRoom("1")).called(1)  # E: mypy pyright
    guests.to(KitchenRoom).called(1)  # E: mypy pyright
    kitchen.to(TableRoom(1)).order(order)  # E: mypy pyright
    guests.to(TableRoom(1)).closing()  # E: mypy pyright
    guests.client(OrderId(3)).closing()  # E: mypy pyright


def old(client: GuestsClient) -> None:
    client.shout("deprecated")  # E: pyright
