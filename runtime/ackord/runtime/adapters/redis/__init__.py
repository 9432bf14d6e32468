"""Adapters for clusters over Redis, in the formats of the official adapters for Node.

They need the extra ``ackord[redis]``.
"""

from ackord.runtime.adapters.redis.factories import (
    redis_adapter,
    redis_streams_adapter,
    sharded_redis_adapter,
)
from ackord.runtime.adapters.redis.publisher import (
    redis_publisher,
    redis_streams_publisher,
    sharded_redis_publisher,
)

__all__ = [
    "redis_adapter",
    "redis_publisher",
    "redis_streams_adapter",
    "redis_streams_publisher",
    "sharded_redis_adapter",
    "sharded_redis_publisher",
]
