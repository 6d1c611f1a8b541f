"""How long a training step takes, beside the network passes that it cannot do without."""

from .benchmark import StepBenchmark, benchmark_config, benchmark_step

__all__ = ['StepBenchmark', 'benchmark_config', 'benchmark_step']
