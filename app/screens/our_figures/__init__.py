"""The Our figures page."""
