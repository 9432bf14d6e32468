"""The extension module; everything else stands in `pyproject.toml`."""

import sys

from setuptools import Extension, setup

setup(
    ext_modules=[
        Extension(
            "ackord_speedups._speedups",
            ["src/ackord_speedups/_speedups.c"],
            extra_compile_args=["/std:c11"] if sys.platform == "win32" else ["-std=c11"],
        )
    ]
)
