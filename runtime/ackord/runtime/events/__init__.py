"""How events are decoded, queued, handled and answered: what the sockets of servers and of clients
have in common.
"""
