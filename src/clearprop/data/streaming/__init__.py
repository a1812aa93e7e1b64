"""Training rows that do not fit in memory: surveyed in one pass, then read block by block in every epoch.

The survey fits the features and finds the classes; of the rows it keeps only those that are held out. Which rows are
held out depends on (seed, row number) alone, the order of an epoch on (seed, epoch, share, rows of a block).

Where things are:

- `stream`: the whole: the survey, and what comes of it.
- `survey`: the one pass over all rows.
- `reading`: the training rows again, from several pieces of the data in turns; `blocks`: the arrays that they fill.
- `held_out`: which rows are held out, and how they are kept.
- `limit`: how much memory all of it may take.
"""
