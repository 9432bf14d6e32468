"""Bounds that belong to all clients together: memory, and shares of what is counted."""
