"""Translation of images from one domain into another, without pairs.

config      the settings
method      what a method is, and what all of them share
pool        generated images of before, which a critic sees again
methods     a file for each method: a task
translate   all of it: `ssgan.translate`
"""
