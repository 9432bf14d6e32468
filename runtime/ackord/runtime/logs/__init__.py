"""The log: lines with a limit for each cause, text from peers made safe, and packets at DEBUG."""
