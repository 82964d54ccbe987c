"""The steps that make the review database what the code of a version expects; Alembic runs them."""
