"""Parts of the Worklist page: what is dropped, the list, one case with its review, our own figures, and clearing up.

Nothing here asks who the user is: each action takes an `Access` and refuses what it does not allow.
"""
