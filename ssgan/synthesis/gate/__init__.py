"""The gate: whether added rows help, tested before they are used.

plan, verdict      how it is tested, and what was found
classification     whether rows help a classifier
regression         whether they lower the error of a regressor
candidates, pools  what is compared: samples that are there, and how many of them
labeled_rows       the real rows, and functions that add some to them
training_rows      the rows that a fold learns from, added ones among them
adjustments        class weights and thresholds, which add none
judges             classifiers and regressors as functions of rows
"""
