"""What makes the adapters of a server: values of the option `adapter` of `Server`."""

from __future__ import annotations

from collections.abc import Callable

from ackord.runtime.adapters.base import Adapter, LocalNamespace
from ackord.runtime.adapters.cluster.bus import ChannelBus, SubscriptionMode
from ackord.runtime.adapters.redis.channels import RedisChannels
from ackord.runtime.adapters.redis.classic import ClassicBus
from ackord.runtime.adapters.redis.link import PING_INTERVAL
from ackord.runtime.adapters.redis.shards import RedisShards
from ackord.runtime.adapters.redis.streams import PackedBus, StreamBus, StreamSettings
from ackord.runtime.errors import UsageError


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
        url: Of Redis, or of any shard of a Redis Cluster, as redis-py takes it: ``redis://``,
            ``rediss://`` for TLS, ``unix://``.
        channel_prefix: Begins the names of all channels; the same on all servers.
        subscription_mode: Which rooms have channels of their own; the same on all servers.
    """
    return ChannelBus(RedisShards(url), prefix=channel_prefix, mode=subscription_mode).make_adapter


def redis_streams_adapter(
    url: str,
    *,
    stream_name: str = "socket.io",
    max_len: int = 10_000,
    read_count: int = 100,
    block_time: float = 5.0,
    channel_prefix: str = "socket.io",
    use_sharded_pub_sub: bool = False,
    session_key_prefix: str = "sio:session:",
) -> Callable[[LocalNamespace], Adapter]:
    """Join a cluster of servers with the adapter of npm's ``@socket.io/redis-streams-adapter``
    0.3.

    ::

        server = Server(adapter=redis_streams_adapter("redis://127.0.0.1:6379"))

    Events and commands are entries of one stream, and every server reads all of them: also those
    for rooms without members there. A server that has lost its connection to Redis reads on where
    it stopped, as long as the stream keeps so many entries.

    A server's own sockets get an event when it comes back from Redis, in the same order as those of
    other servers. If Redis can't be reached, they get the event at once, and the others don't get
    it. Events that ask for acknowledgements go another way, and may overtake others.

    With the option `connection_state_recovery`, clients may come back to any server, also after a
    restart of theirs, and the stream keeps the events that they missed: at most `max_len`. The
    events of `Socket.emit` then go over the stream, too. The clients of a server that was killed
    get new sessions, because a session is written when its connection is lost.

    The classic adapter uses channels of the same names: don't use both adapters with one prefix on
    one Redis.

    Args:
        url: Of Redis, as redis-py takes it: ``redis://``, ``rediss://`` for TLS, ``unix://``.
        stream_name: The same on all servers. Node's option ``streamCount`` must be 1.
        max_len: Entries that the stream keeps, about; the same on all servers.
        read_count: Entries that are read at once.
        block_time: Seconds that Redis waits for an entry; at most 5.
        channel_prefix: Begins the names of the channels for requests; the same on all servers.
        use_sharded_pub_sub: Use the sharded channels of Redis 7; the same on all servers.
        session_key_prefix: Begins the keys of the sessions of absent clients; the same on all
            servers.

    Raises:
        UsageError: a value can't work.
    """
    if not (0 < block_time <= PING_INTERVAL and read_count > 0 and max_len > 0):
        raise UsageError(
            f"block_time is above 0 and at most {PING_INTERVAL:g}; read_count and max_len are "
            "above 0"
        )
    channels = PackedBus(RedisChannels(url, is_sharded=use_sharded_pub_sub), prefix=channel_prefix)
    settings = StreamSettings(
        name=stream_name,
        max_len=max_len,
        read_count=read_count,
        block_time=block_time,
        session_key_prefix=session_key_prefix,
    )
    return StreamBus(url, channels, settings).make_adapter
