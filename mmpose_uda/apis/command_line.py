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
    """Values of ``--cfg-options`` with mmengine's rules for numbers and lists.

    Raises:
        UserError: One is not ``KEY=VALUE``.
    """
    for pair in pairs:
        if '=' not in pair:
            raise UserError(f'--cfg-options {pair} is not KEY=VALUE: write it so.')
    parser = argparse.ArgumentParser()
    parser.add_argument('--pairs', nargs='+', action=DictAction, default={})
    try:
        return parser.parse_args(['--pairs', *pairs] if pairs else []).pairs
    except AssertionError as error:
        raise UserError(f'--cfg-options cannot be read: {error}; correct it.') from error
    except RecursionError as error:
        raise UserError(
            '--cfg-options takes numbers, words, and lists and tuples of these: write what '
            'has a dict or quotes in it into a config of its own.'
        ) from error


@contextmanager
def exit_codes(resumable: bool = False) -> Iterator[None]:
    """End a tool with one sentence where the user made a mistake.

    A :class:`UserError`, and a file or folder that the system refuses, is printed without
    its traceback (which goes to the log file of the run, if one was started) with status 2,
    an interrupt ends with status 130, and a training that SIGTERM stopped with 75. Other
    errors are bugs: they keep their traceback. What was imported until here is left out of
    collections of garbage.

    Args:
        resumable (bool): Whether the tool takes ``--resume``.
    """
    # mmengine collects garbage with every data set: slow among all that is imported
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
    """Close the process group once all are done; after an error, none would answer."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.barrier()
        torch.distributed.destroy_process_group()


def _log_to_file(text: str) -> None:
    logger = MMLogger.get_current_instance()
    for handler in logger.handlers:
        if isinstance(handler, logging.FileHandler):
            handler.handle(logger.makeRecord('', logging.ERROR, '', 0, text, (), None))
