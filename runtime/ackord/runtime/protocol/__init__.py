"""Both protocols, pure: packets, payloads, sessions, acks and recovery; no I/O and no clock."""
