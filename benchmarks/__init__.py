"""What measures the package: drivers, committed results, and what makes tables and figures of them.

    ssgan benchmark NAME --out benchmarks/results   # measure a suite, cell by cell
    python -m benchmarks.tables                     # write the tables of README.md and docs
    python -m benchmarks.figures OUT                # draw the figures of the documentation

`make bench-quick` runs the short forms of the suites that need no data from elsewhere:

    for suite in calibration gaussians guard digits; do \\
        ssgan benchmark $suite --quick --out benchmark-results; done
"""
