"""One-line type expressions: text -> tokens -> tree."""
