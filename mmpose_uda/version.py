"""The package's version, read by setup.py without importing anything."""

__version__ = '1.2.0'
