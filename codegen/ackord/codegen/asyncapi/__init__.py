"""The AsyncAPI target: a description of a contract for tools that know AsyncAPI 3."""
