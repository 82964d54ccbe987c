"""Many radiographs at once: files or a ZIP archive taken safely, scored in the background, polled by a page."""
