"""Many radiographs at once: files and ZIP archives taken safely, and scored in the background."""
