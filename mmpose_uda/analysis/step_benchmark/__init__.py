"""Time a training step against its floor, the network passes that it cannot avoid."""

from .benchmark import StepBenchmark, benchmark_config, benchmark_step

__all__ = ['StepBenchmark', 'benchmark_config', 'benchmark_step']
