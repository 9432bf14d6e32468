"""The names that generated code may import, one module for each codegen API. Names are added, never
changed.
"""
