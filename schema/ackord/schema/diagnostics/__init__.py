"""Problems of schema files: the rules, what is reported, and how people read it."""
