"""How many steps an adaptation takes."""

from mmpose_uda.errors import UserError

BATCH = 16
_PASSES = 25  # over the images, within the two bounds
_FEWEST, _MOST = 150, 1500
_LEAST = 20  # steps; with fewer nothing is learned
_OF_THE_TIME = 0.75  # the rest is for reading, the signals and the report
TRIAL = 8  # steps, of which the first half is not counted


def batch_size(images: int) -> int:
    """Number of images of each domain in a step."""
    return min(BATCH, images)


def sensible_steps(images: int) -> int:
    """Default number of steps for a number of images."""
    steps = _PASSES * images // batch_size(images)
    return max(_FEWEST, min(steps, _MOST))


def steps_within(minutes: float, seconds_per_step: float, trainings: int = 1) -> int:
    """Return the number of steps of each training that fit into a time.

    Args:
        minutes (float): The time for all trainings.
        seconds_per_step (float): Seconds per step of one training.
        trainings (int): Number of trainings.

    Raises:
        UserError: Fewer than 20 steps fit.
    """
    seconds = trainings * seconds_per_step
    steps = int(60 * minutes * _OF_THE_TIME / seconds)
    if steps < _LEAST:
        needed = _LEAST * seconds / 60 / _OF_THE_TIME
        what = 'a training' if trainings == 1 else f'each of {trainings} trainings'
        raise UserError(
            f'--minutes {minutes:g} is too short: {_LEAST} steps of {what}, '
            f'{seconds_per_step:.1f} seconds each, need {needed:.1f} minutes, including '
            'reading and judging.'
        )
    return steps
