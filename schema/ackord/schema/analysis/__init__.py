"""Properties of the types and rooms of a contract: JSON kinds, recursion, sizes, names."""
