"""The PDF of a case."""
