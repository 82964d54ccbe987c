"""Draw plain data; never call the model."""
