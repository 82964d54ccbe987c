"""The sections of the How it works page, one file each; each draws what services computed."""
