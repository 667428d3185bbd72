"""Translation of images from one domain into another, without pairs.

config      the settings
pool        generated images of before, which a critic sees again
methods     a file for each method: a task
translate   all of it: `ssgan.translate`
"""
