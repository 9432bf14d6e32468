"""The canonical style of schema files: tree of nodes and comments -> text."""
