"""YAML text -> tree of nodes with places."""
