"""How long an adaptation takes."""

from mmpose_uda.errors import UserError

BATCH = 16
_PASSES = 25  # over the images, as far as the two bounds let it
_FEWEST, _MOST = 150, 1500
_LEAST = 20  # steps, below which nothing is learned
_OF_THE_TIME = 0.75  # the rest is for reading, the signals and the report
TRIAL = 8  # steps, of which the first half is not counted


def batch_size(images: int) -> int:
    """Images of each domain in a step."""
    return min(BATCH, images)


def sensible_steps(images: int) -> int:
    """Steps for so many images, if nobody says how long."""
    steps = _PASSES * images // batch_size(images)
    return max(_FEWEST, min(steps, _MOST))


def steps_within(minutes: float, seconds_a_step: float, trainings: int = 1) -> int:
    """Steps of each training that fit into a time.

    Args:
        minutes (float): The time of all trainings.
        seconds_a_step (float): Of one of them.
        trainings (int): How many there are.

    Raises:
        UserError: Too few do.
    """
    seconds = trainings * seconds_a_step
    steps = int(60 * minutes * _OF_THE_TIME / seconds)
    if steps < _LEAST:
        needed = _LEAST * seconds / 60 / _OF_THE_TIME
        what = 'a training' if trainings == 1 else f'each of {trainings} trainings'
        raise UserError(
            f'--minutes {minutes:g} is too short: {_LEAST} steps of {what}, '
            f'{seconds_a_step:.1f} seconds each, need {needed:.1f} minutes with what is '
            'around them.'
        )
    return steps
