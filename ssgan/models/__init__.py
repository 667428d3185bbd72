"""Models: what learns the distribution of unlabeled samples, and what learns from such a model.

What each module is for:

    config, recipes       the settings, and those of papers
    schedules             what the settings say of a step
    pretraining           `ssgan.pretrain` and `ssgan.load`
    gan                   what comes out: it makes samples, scores them and reads features
    estimate              what a pretraining will cost

    tasks                 a file for each kind of model
    players               what these tasks share
    domain, condition     their samples, and classes or numbers beside these
    sampler               the way from noise to samples
    where                 rows of a table that are as one asks
    selfsupervision       more for a critic to learn, of which
    vicreg                is the loss of one kind
    health                how a training does

    pooling, readouts     feature maps as rows, and what they are read from
    student               a network that has learnt from both networks of a GAN
    superresolution       pictures made larger

    inference             networks over many samples
    display               samples to look at
    interpolation         samples between two noises
    stored, transport     a model in a directory, and on its way to another process
    forget                what a directory need not hold

Imports only `ssgan.transforms` and what lies below it.
"""
