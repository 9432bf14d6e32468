"""``python -m ackord.codegen``: the command line where its script isn't on the path."""

from ackord.codegen.main import main

main()
