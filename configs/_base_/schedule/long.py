"""Five times the steps of a benchmark (docs/benchmarks.md has the results).

What changes with the length of a run, and what does not:

- The peak and the warm-up of the learning rate depend on network and batch: they stay.
  Its decay has no `end` and lasts until the end of the run.
- Ramps stay: they cover the first steps of a phase, which do not depend on its length.
- The teacher slows down. 100 steps are a fifteenth of a run of 1500; in a longer run it
  averages over the last fifteenth of the steps so far, so that mistakes in its labels
  return to it no faster, relative to the whole run, than in a short one.
"""

times = 5
long_teacher = dict(memory=1 / 15)
