"""Many radiographs at once, scored in the background."""
