"""Backends of the visualizer that are not installed."""

import importlib.util

from mmengine.config import Config


def drop_missing_backends(cfg: Config) -> None:
    """Leave out TensorBoard if it is not installed."""
    visualizer = cfg.get('visualizer') or {}
    if importlib.util.find_spec('tensorboard') is None and 'vis_backends' in visualizer:
        visualizer['vis_backends'] = [
            backend
            for backend in visualizer['vis_backends']
            if backend['type'] != 'TensorboardVisBackend'
        ]
