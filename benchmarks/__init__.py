"""The tables of the README: drivers, committed results and what turns them into text."""
