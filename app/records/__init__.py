"""The review database: cases that readers saved, what they say of them, and who changed what."""
