"""Methods that take steps, of which several go together."""
