"""Adaptation: labels in one domain, the source, and none in the other, the target.

Imports only `ssgan.prediction` and what lies below it. What each module is for:

    config             the settings
    domains, frames    both domains, and how their samples become tensors of one shape
    names, method      which methods there are, and what a method is
    methods            a file for each method
    where              the directory and the device of a training
    network            the network, and how a directory describes it
    task, descent      its training in steps, and with which rates
    adversary          a critic that tells domains apart
    coupled, pairs     two GANs that share layers, and pairs of their samples
    translation        images of one domain made to look like those of another
    shift              what differs where only shares of samples or classes do
    scores             how good a model is on samples without labels
    adapt              all of it: `ssgan.adapt`
"""
