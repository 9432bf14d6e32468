"""What a change of a contract breaks: rules over two contracts, old and new.

`compare` asks of each value that travels: who writes it, who reads it, and can the reader read all
that the writer may write? In each rollout old and new programs meet in another way (`reach`). The
package knows no files, except for `places`, which finds paths of a contract in a schema file.
"""
