"""Channels between the workers of one machine, over a Unix socket, without Redis.

The broker runs in the workers' parent, and each worker has a `BrokerChannels`.
"""
