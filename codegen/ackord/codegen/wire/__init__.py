"""What a contract's types look like on the wire, for targets that describe it."""
