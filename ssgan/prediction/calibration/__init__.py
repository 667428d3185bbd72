"""How sure a predictor may be, and of which shares of the classes.

mathematics    fits of temperatures and intervals, on numbers alone
temperature    the temperature of a classifier
intervals      the prediction intervals of a regression
shares         the mathematics of other shares of the classes
adjusting      a predictor for other shares, and warnings where classes do not match
"""
