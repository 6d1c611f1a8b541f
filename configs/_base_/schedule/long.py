"""Five times the steps of a benchmark (docs/benchmarks.md says what is measured).

What follows the length of a run, and what does not:

- The learning rate's peak and its warm-up are the network's and the batch's: they stay.
  Its fall has no `end` and lasts to the end of the run.
- Ramps stay: they are over the first steps of a phase, which know no more of its length.
- The teacher slows down. 100 steps are a fifteenth of a run of 1500; beyond that it
  averages over the last fifteenth of what is done, so that mistakes of its labels come
  back to it no faster, beside the whole run, than in a short one.
"""

times = 5
long_teacher = dict(memory=1 / 15)
