"""Tables: from text to a data frame.

delimited    a text table before pandas: its encoding, its delimiter, its quotes
frames       a table as a data frame
doubts       what looks wrong in a column
"""
