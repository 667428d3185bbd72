"""Super-resolution: pictures made larger by a network that learnt from pictures without labels.

config         the settings
photographs    pictures of any size, and squares of them to learn from
task           the network and its critic, step by step
training       `ssgan.train_upscaler`, and what a directory holds
upscaler       what comes out
"""
