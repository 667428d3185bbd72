"""Labels: read, coded, drawn and counted.

values     labels as they came, and which of them mean "no label"
doubts     what looks wrong in them
files      labels from a file of their own
targets    classes or numbers, and the few that are drawn to learn from
split      which samples are learnt from, and which are held out
ledger     which labels were read at all
"""
