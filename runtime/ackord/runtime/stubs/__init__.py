"""What generated code may import, one module for each codegen API; names are added to it, never
changed.
"""
