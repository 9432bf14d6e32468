"""Base classes of generated code: models, events, rooms, contexts, emitters, namespaces and
clients.
"""
