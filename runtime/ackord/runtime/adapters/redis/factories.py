"""What makes the adapters of a server: values of the option `adapter` of `Server`."""

from __future__ import annotations

from collections.abc import Callable

from ackord.runtime.adapters.base import Adapter, LocalNamespace
from ackord.runtime.adapters.cluster.bus import ChannelBus, SubscriptionMode
from ackord.runtime.adapters.redis.channels import RedisChannels
from ackord.runtime.adapters.redis.classic import ClassicBus


def redis_adapter(url: str, *, key: str = "socket.io") -> Callable[[LocalNamespace], Adapter]:
    """Join a cluster of servers with the adapter of npm's ``@socket.io/redis-adapter`` that
    `createAdapter` makes.

    ::

        server = Server(adapter=redis_adapter("redis://127.0.0.1:6379"))

    Args:
        url: Of Redis, as redis-py takes it: ``redis://``, ``rediss://`` for TLS, ``unix://``.
        key: Begins the names of all channels; the same on all servers.
    """
    return ClassicBus(RedisChannels(url), key=key).make_adapter


def sharded_redis_adapter(
    url: str,
    *,
    channel_prefix: str = "socket.io",
    subscription_mode: SubscriptionMode = SubscriptionMode.DYNAMIC,
) -> Callable[[LocalNamespace], Adapter]:
    """Join a cluster of servers with the adapter of npm's ``@socket.io/redis-adapter`` that
    `createShardedAdapter` makes: needs Redis 7.

    ::

        server = Server(adapter=sharded_redis_adapter("redis://127.0.0.1:6379"))

    Args:
        url: Of Redis, as redis-py takes it: ``redis://``, ``rediss://`` for TLS, ``unix://``.
        channel_prefix: Begins the names of all channels; the same on all servers.
        subscription_mode: Which rooms have channels of their own; the same on all servers.
    """
    channels = RedisChannels(url, is_sharded=True)
    return ChannelBus(channels, prefix=channel_prefix, mode=subscription_mode).make_adapter
