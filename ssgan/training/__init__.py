"""Training: the one loop, the one place where a step is taken, and the runner around them.

Imports only what lies below: `ssgan.runs` and single files.
"""
