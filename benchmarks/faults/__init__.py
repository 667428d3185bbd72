"""Faults that are made on purpose, and what becomes of them."""
