"""One file a page: widgets, then a service, then a component."""
