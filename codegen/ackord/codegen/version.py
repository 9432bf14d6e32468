"""The version of this release, in a module so that ``ackord --version`` needs no metadata."""

VERSION = "0.1.0.dev0"
