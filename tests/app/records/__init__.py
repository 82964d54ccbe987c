"""Tests of the review database; each that stores something runs on SQLite and on PostgreSQL."""
