"""Method "auto": an average of candidates, weighed by their held-out predictions.

candidates     what is weighed
weighing       how it is weighed
choice         what was chosen, and why, as a file keeps it
budget         how long the comparison may take
"""
