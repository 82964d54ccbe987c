"""Tests of what two or more pages draw."""
