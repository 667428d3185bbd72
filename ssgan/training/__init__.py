"""Training: the one loop, the one place where a step is taken, and the runner around them.

What each module is for:

    loop, step            the loop; one step of an optimiser
    batches, schedule     which samples a step sees; how long it goes on, and when it is saved
    optim, ema, norms     optimisers and rates, averages of weights, statistics of batch norm
    runner, state         a task in a run directory, and what a checkpoint keeps of it
    ranks                 several processes at one training
    guard                 back to the last good state where it is not healthy
    cost, progress        what it costs, and how far it is

Imports only what lies below: `ssgan.runs` and single files.
"""
