"""Nodes -> document: what a schema file says, before names are looked up."""
