"""Prediction: from a pretrained model and few labels to a predictor.

Imports only `ssgan.models` and what lies below it. What each module is for:

    config, search     the settings: of a training, and of what folds of the labels tell
    labels, record     the labelled samples, and what a directory says of them
    resolve            what settings leave open, for the samples at hand; those that nothing uses

    names, method      which methods there are, and what a method is
    methods            a file for each method: fitted at once, or in steps
    heads, graph       what methods fit: linear heads, and labels spread over neighbours
    self_training      and a linear model that learns from its own predictions
    baselines          ordinary models of the samples, and folds of their labels
    network, task      the network, and its training in steps
    ensemble           averages of several networks
    fitting            one network by resolved settings

    heldout            outputs for held-out labels, and how good they are
    auto               an average of candidates, weighed by them
    calibration        temperatures, intervals, and other shares of the classes

    finetune           all of it: `ssgan.finetune`
    predictor          what comes out
    evaluation         how good that is on other samples: `ssgan.evaluate`
    relabel            a column of generated rows filled by a model of the real ones
    loading, rebuild   the predictor of a directory, and its network
"""
