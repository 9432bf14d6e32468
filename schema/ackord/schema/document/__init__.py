"""Nodes -> document: the content of a schema file, before names are looked up."""
