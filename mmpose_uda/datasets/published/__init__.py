"""Public data sets in the form in which they are downloaded."""

from .base import Instance, PublishedDataset

__all__ = ['Instance', 'PublishedDataset']
