"""Methods that take steps, and go together with no other."""
