"""The target of documentation: a contract as a page to read, in HTML and in Markdown."""
