"""Check the data of a config for problems: ``check_data.py``."""

from .check import check_data
from .findings import DataReport
from .printing import print_report

__all__ = ['DataReport', 'check_data', 'print_report']
