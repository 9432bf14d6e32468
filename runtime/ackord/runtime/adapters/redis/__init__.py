"""Adapters for clusters over Redis, in the formats of the official adapters for Node.

They need the extra ``ackord[redis]``.
"""

from ackord.runtime.adapters.redis.factories import sharded_redis_adapter

__all__ = ["sharded_redis_adapter"]
