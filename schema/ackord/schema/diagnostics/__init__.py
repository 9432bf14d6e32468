"""Problems of schema files: the rules, the reports, and their text for people."""
