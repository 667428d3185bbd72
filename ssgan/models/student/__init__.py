"""A student: a network that has learnt from generator and discriminator what samples share.

It is a readout (see `ssgan.models.readouts`).

    config      the settings
    network     what it is
    task        how it learns, step by step
    training    `ssgan.distil`
    natural     the transforms that samples have, which it is to overlook
"""
