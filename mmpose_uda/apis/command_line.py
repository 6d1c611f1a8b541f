"""What the command line tools share: overrides of the config, and how they end."""

import argparse
import gc
import logging
import sys
import traceback
from contextlib import contextmanager
from typing import Any, Iterator

import torch
from mmengine.config import DictAction
from mmengine.logging import MMLogger

from mmpose_uda.errors import Preempted, UserError, refusal


def parse_options(pairs: list[str]) -> dict[str, Any]:
    """Parse ``--cfg-options`` by mmengine's rules for numbers and lists.

    Raises:
        UserError: An option is not ``KEY=VALUE``, or its value cannot be parsed.
    """
    for pair in pairs:
        if '=' not in pair:
            raise UserError(f'--cfg-options {pair} is not KEY=VALUE: write it like that.')
    parser = argparse.ArgumentParser()
    parser.add_argument('--pairs', nargs='+', action=DictAction, default={})
    try:
        return parser.parse_args(['--pairs', *pairs] if pairs else []).pairs
    except AssertionError as error:
        raise UserError(f'--cfg-options cannot be read: {error}; correct it.') from error
    except RecursionError as error:
        raise UserError(
            '--cfg-options takes numbers, words, and lists and tuples of these: write what '
            'contains a dict or quotes in a config of its own.'
        ) from error


@contextmanager
def exit_codes(resumable: bool = False) -> Iterator[None]:
    """End a tool with one sentence if the user made a mistake.

    A :class:`UserError`, or a file or folder that the system refuses, is printed without
    its traceback (which goes to the log file of the run, if one was started) and ends with
    status 2, an interrupt with status 130, and a training stopped by SIGTERM with 75. Other
    errors are bugs and keep their traceback. What has been imported so far is excluded from
    garbage collection.

    Args:
        resumable (bool): Whether the tool takes ``--resume``.
    """
    # mmengine collects garbage for every data set, which is slow with all these imports
    gc.freeze()
    try:
        yield
        _leave_together()
    except (UserError, OSError) as error:
        sentence = refusal(error) if isinstance(error, OSError) else str(error)
        if sentence is None:
            raise
        _log_to_file(traceback.format_exc())
        print(f'error: {sentence}', file=sys.stderr)
        sys.exit(2)
    except Preempted as stop:
        command = 'the same command with --resume' if resumable else 'the same command'
        print(
            f'stopped by SIGTERM, {stop.how}: run {command} to {stop.then}.',
            file=sys.stderr,
        )
        _leave_together()
        raise
    except KeyboardInterrupt:
        remedy = (
            ': run the same command with --resume to go on from the last checkpoint'
            if resumable
            else ''
        )
        print(f'interrupted{remedy}.', file=sys.stderr)
        sys.exit(130)


def _leave_together() -> None:
    """Close the process group once all processes are done, unless one had an error."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.barrier()
        torch.distributed.destroy_process_group()


def _log_to_file(text: str) -> None:
    logger = MMLogger.get_current_instance()
    for handler in logger.handlers:
        if isinstance(handler, logging.FileHandler):
            handler.handle(logger.makeRecord('', logging.ERROR, '', 0, text, (), None))
