"""What generated code stands on: models, events, rooms, contexts, emitters, namespaces and clients
with types.
"""
