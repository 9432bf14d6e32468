"""What a socket is on either side: listeners, event queue, incoming events, outgoing events, acks."""
