"""The Worklist page through AppTest."""
