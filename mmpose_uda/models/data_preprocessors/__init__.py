from .view_data_preprocessor import ViewDataPreprocessor

__all__ = ['ViewDataPreprocessor']
