"""Methods that are fitted at once, one a file."""
