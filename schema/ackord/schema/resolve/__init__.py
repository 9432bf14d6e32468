"""Document -> contract: names are looked up, types, constraints and defaults checked."""
