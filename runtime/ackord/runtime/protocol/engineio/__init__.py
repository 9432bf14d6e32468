"""Engine.IO v4 without I/O and without a clock: packets, payloads, the handshake, the session's
machine.
"""
