"""What the command line tools do, for use from Python."""

from mmpose_uda.adaptation.adapt import adapt
from mmpose_uda.analysis.ablation import run_variants
from mmpose_uda.analysis.browse_dataset import browse_dataset
from mmpose_uda.analysis.compare import compare
from mmpose_uda.analysis.data_check import check_data
from mmpose_uda.analysis.measure_source import measure_source
from mmpose_uda.analysis.pose_statistics import pose_statistics
from mmpose_uda.analysis.prediction_strip import draw_strip
from mmpose_uda.config import load_config, prepare_data
from mmpose_uda.convert.convert_config import convert_config
from mmpose_uda.deploy.export import export_estimator
from mmpose_uda.inference.infer import infer
from mmpose_uda.inference.pre_annotate import pre_annotate

from .evaluate import evaluate
from .extract_masks import extract_masks
from .train import train

__all__ = [
    'adapt',
    'browse_dataset',
    'check_data',
    'compare',
    'convert_config',
    'draw_strip',
    'evaluate',
    'export_estimator',
    'extract_masks',
    'infer',
    'load_config',
    'measure_source',
    'pose_statistics',
    'pre_annotate',
    'prepare_data',
    'run_variants',
    'train',
]
