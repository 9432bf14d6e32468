"""Sockets of servers and clients: listeners, event queue, incoming and outgoing events, acks."""
