"""Any mmpose estimator, adapted to a domain without labels."""

from contextlib import contextmanager
from typing import Iterable, Iterator, Optional, Sequence, Union

import numpy as np
import torch
from mmengine.model import BaseModel, ModuleDict
from mmpose.registry import MODELS
from mmpose.utils.typing import SampleList
from torch import Tensor, nn

from mmpose_uda.errors import UserError
from mmpose_uda.models.alignments.base import Alignment
from mmpose_uda.models.observation import (
    Observations,
    Skeleton,
    SourceStatistics,
    ViewObservation,
    fill,
    read_statistics,
    statistics_for,
)
from mmpose_uda.models.pose_estimators.labelled_keypoints import LabelledKeypoints
from mmpose_uda.models.pose_estimators.plain_checkpoint import (
    STUDENT,
    TEACHER,
    as_adapted,
    is_plain,
)
from mmpose_uda.models.pose_estimators.progress import Progress
from mmpose_uda.models.pose_estimators.teacher_ema import TeacherEMA
from mmpose_uda.models.readers import HeadReader, crop_size
from mmpose_uda.models.utils import (
    average_buffers,
    batch_norm_layers,
    best_memory_format,
    start_of,
)
from mmpose_uda.near_names import closest
from mmpose_uda.views import feeding_statistics, view_of

SUPERVISED = 'supervised'


@MODELS.register_module()
class DomainAdaptivePoseEstimator(BaseModel):
    """A student, its teacher, and the parts that align source and target.

    The loss of a step is the supervised loss of the source plus that of each active
    alignment. The current phase decides which are active (:meth:`set_phase`); without
    phases, all are. After training only one of the two networks is exported, as a plain
    estimator.

    A keypoint for which no label of the source has been seen is left out of what is learned
    on the target, and out of metrics that read visibility from the samples.

    A checkpoint of the plain estimator is loaded into the student and an equal teacher.

    Args:
        estimator (dict): A stock top-down estimator, with its ``data_preprocessor``.
        alignments (dict[str, dict]): Name -> config of a part
            (:mod:`mmpose_uda.models.alignments`). The names are used by phases and logs.
        teacher (dict): The moving average of the student, and of the foreground head.
        foreground_head (dict, optional): Predicts the foreground of target images for the
            parts that need it.
        target_has_masks (bool): Whether the target data set comes with masks, so that
            those parts need no foreground head.
        test_network (str): 'teacher' or 'student': which predicts in validation and test.
        test_statistics (str): 'target', 'source' or 'both': which student views feed the
            running statistics of BatchNorm layers once both domains are trained on. In
            training every view is normalised by its own batch, except in a phase with
            ``norm_eval``, which changes no statistics. The teacher labels with the running
            statistics: with 'source' a long adaptation drifts less (docs/experiments.md).
        source_statistics (dict, optional): Arguments of
            :func:`~mmpose_uda.models.observation.statistics_for`: ``skeleton`` of a 2D
            head, and ``file`` with the statistics of a source that is not available.

    Raises:
        UserError: The estimator does not take images, a part does not fit it, or
            ``test_network`` or ``test_statistics`` is unknown.
    """

    def __init__(
        self,
        estimator: dict,
        alignments: Optional[dict[str, dict]] = None,
        teacher: dict = dict(type='TeacherEMA'),
        foreground_head: Optional[dict] = None,
        target_has_masks: bool = False,
        test_network: str = 'teacher',
        test_statistics: str = 'target',
        source_statistics: Optional[dict] = None,
        init_cfg: Optional[dict] = None,
    ):
        if 'data_preprocessor' not in estimator:
            raise UserError(
                f'The estimator {estimator.get("type")} has no `data_preprocessor`, so it '
                'does not take images: use a top-down estimator that does, such as '
                "type='TopdownPoseEstimator'."
            )
        preprocessor = dict(
            type='ViewDataPreprocessor', preprocessor=estimator['data_preprocessor']
        )
        super().__init__(MODELS.build(preprocessor), init_cfg)
        self.norm_eval = False
        self.student = MODELS.build(estimator)
        self.memory_format = best_memory_format(self.student)
        self.student.to(memory_format=self.memory_format)
        self.teacher = MODELS.build(dict(teacher, model=self.student))
        self.foreground_head = self.foreground_teacher = None
        if foreground_head is not None:
            self.foreground_head = MODELS.build(foreground_head)
            self.foreground_teacher = MODELS.build(
                dict(teacher, model=self.foreground_head)
            )
        self.target_has_masks = target_has_masks
        self.labelled = None
        self.source_statistics = self._make_statistics(**source_statistics or {})
        self.alignments = ModuleDict(
            {name: MODELS.build(cfg) for name, cfg in (alignments or {}).items()}
        )
        for name, alignment in self.alignments.items():
            alignment.check(name, self)
        self.use_for_test(test_network)
        if test_statistics not in ('target', 'source', 'both'):
            raise UserError(
                "test_statistics must be 'target', 'source' or 'both', not "
                f'{test_statistics!r}.'
            )
        self.test_statistics = test_statistics
        self.active_parts = (SUPERVISED, *self.alignments)
        self.progress = Progress()

    def _make_statistics(
        self, skeleton: Optional[Skeleton] = None, file: Optional[str] = None
    ) -> Optional[SourceStatistics]:
        """Build the source's statistics and labelled keypoints, filled from ``file``."""
        statistics = statistics_for(self.student.head, skeleton, file)
        if statistics is not None:
            self.labelled = LabelledKeypoints(statistics.keypoints)
            if file is not None:
                content = read_statistics(file)
                fill(statistics, content, file)
                self.labelled.seen[content['labelled_keypoints']] = True
        return statistics

    # ---- runs and phases --------------------------------------------------------------

    @property
    def start(self) -> str:
        """The student's initial weights: 'ImageNet', a file, or 'scratch'."""
        return start_of(self.student)

    def init_weights(self) -> None:
        """Initialise the networks, and let the averages begin as copies.

        What a checkpoint lacks, or has in another size, keeps these weights when a run
        begins with it (``load_from``).
        """
        super().init_weights()
        for average, trained in self._averages():
            average.module.load_state_dict(trained.state_dict())

    def begin_run(self) -> None:
        """Begin a new training, perhaps from the weights of another one (``load_from``).

        Both networks start from the teacher of that one, and all counts start at 0. Not
        called for a resumed training.
        """
        for average, trained in self._averages():
            if average.is_trained:
                trained.load_state_dict(average.module.state_dict())
            average.steps.zero_()
        for alignment in self.alignments.values():
            alignment.begin_run()
        if self.source_statistics is not None:
            self.source_statistics.begin_run()
            self.labelled.begin_run()
        self.progress.begin_phase()

    def begin_phase(self, parts: tuple[str, ...], norm_eval: bool = False) -> None:
        """Choose the parts of the coming steps, and start their ramps."""
        self.set_phase(parts, norm_eval)
        self.progress.begin_phase()

    def resume_phase(self, parts: tuple[str, ...], norm_eval: bool = False) -> None:
        """Choose the parts of the coming steps, and continue their ramps.

        Raises:
            UserError: The checkpoint does not contain their progress.
        """
        self.set_phase(parts, norm_eval)
        self.progress.require_known()

    def set_phase(self, parts: tuple[str, ...], norm_eval: bool = False) -> None:
        """Choose the parts of the coming steps.

        Args:
            parts (tuple[str, ...]): Names of alignments, and 'supervised'.
            norm_eval (bool): Whether the student's BatchNorm layers normalise by their
                running statistics, which then do not change. Normalising very similar
                images, such as those of one camera, by their own batch removes what they
                have in common.

        Raises:
            UserError: A name is unknown.
        """
        known = (SUPERVISED, *self.alignments)
        for part in parts:
            if part not in known:
                raise UserError(
                    f'A phase names the part {part!r}, which the model does not have: '
                    f'{closest(str(part), known)}.'
                )
        self.active_parts = tuple(parts)
        self.norm_eval = norm_eval
        self.train(self.training)

    def train(self, mode: bool = True) -> 'DomainAdaptivePoseEstimator':
        """Set the mode; with ``norm_eval``, BatchNorm layers stay in evaluation mode."""
        super().train(mode)
        if self.norm_eval:
            for layer in batch_norm_layers(self.student):
                layer.eval()
        return self

    @property
    def active_alignments(self) -> dict[str, Alignment]:
        """The alignments of the current phase by name."""
        return {n: a for n, a in self.alignments.items() if n in self.active_parts}

    @property
    def required_views(self) -> set[str]:
        """The views that the parts of the current phase use."""
        views = {'source'} if SUPERVISED in self.active_parts else set()
        return views.union(*(a.views for a in self.active_alignments.values()))

    # ---- training ---------------------------------------------------------------------

    def loss(
        self, inputs: dict[str, Tensor], data_samples: dict[str, SampleList]
    ) -> dict[str, Tensor]:
        """Compute all losses of one step.

        Args:
            inputs (dict[str, Tensor]): View -> [B, 3, H, W], normalised.
            data_samples (dict[str, list[PoseDataSample]]): View -> samples.

        Returns:
            dict[str, Tensor]: Scalars; those with 'loss' in their key are summed.
        """
        self.progress(self.trained_parameters())
        weights = self._note_labels(data_samples)
        observed = self.observe(inputs, data_samples)
        for alignment in self.active_alignments.values():
            alignment.disturb(observed)
        losses = {}
        if SUPERVISED in self.active_parts:
            losses.update(observed['source'].supervised_loss())
            self._note_source(observed['source'], weights)
        for name, alignment in self.active_alignments.items():
            weight = alignment.weight_at(observed.steps)
            losses.update(_named(name, weight, _with_loss(name, alignment(observed))))
        for name, alignment in self.active_alignments.items():
            weight = alignment.weight_at(observed.steps)
            losses.update(_named(name, weight, alignment.settle(observed, losses)))
        self._feed_head(observed)
        return losses

    def _feed_head(self, observed: Observations) -> None:
        """Feed BatchNorm layers of a head that is trained, by all views that feed them.

        Parts may use no more than the features of such a view.
        """
        if not any(layer.training for layer in batch_norm_layers(self.student.head)):
            return
        views = [o for name, o in observed.items() if view_of(name).is_of_student]
        if any(view.has_head_outputs for view in views):
            with torch.no_grad():
                for view in views:
                    if view.updates_statistics:
                        _ = view.head_outputs

    def _note_labels(self, data_samples: dict[str, SampleList]) -> Optional[Tensor]:
        """Note which keypoints have labels; return their weights [B, K], None if unused."""
        if SUPERVISED not in self.active_parts or self.labelled is None:
            return None
        weights = HeadReader.label_weights(data_samples['source'])
        self.labelled.note(weights)
        return weights

    def _note_source(self, seen: ViewObservation, weights: Optional[Tensor]) -> None:
        """Add the labels of a batch and the student's confidence to the statistics."""
        if self.source_statistics is None:
            return
        poses = None
        if self.source_statistics.bones:
            poses = seen.reader.label_poses(seen.data_samples)
        self.source_statistics.note(
            None if poses is None else poses.to(weights),
            weights,
            seen.distributions.confidence().detach(),
            self.labelled.seen_in_run.float(),
        )

    def recorded(self) -> tuple[list[int], list[str]]:
        """The layers whose attention and the modules whose output active parts use."""
        active = self.active_alignments.values()
        layers = sorted({i for a in active for i in a.attention_layers})
        features = sorted({name for a in active for name in a.captured_features})
        return layers, features

    def observe(
        self, inputs: dict[str, Tensor], data_samples: dict[str, SampleList]
    ) -> Observations:
        """Observe each view with the network that it is for, lazily."""
        layers, features = self.recorded()
        statistics = feeding_statistics(self._looked_at(inputs), self.test_statistics)
        views = {}
        for view, images in inputs.items():
            by_student = view_of(view).is_of_student
            views[view] = ViewObservation(
                network=self.student if by_student else self.teacher.module,
                images=images.contiguous(memory_format=self.memory_format),
                data_samples=data_samples[view],
                attention_layers=layers if by_student else (),
                captured_features=features if by_student else (),
                trainable=by_student,
                updates_statistics=view in statistics,
            )
        self._join(views)
        return Observations(
            views,
            steps=self.progress.steps,
            labelled_keypoints=None if self.labelled is None else self.labelled.mask,
            source_statistics=self.source_statistics,
            foreground_head=self.foreground_head,
            foreground_teacher=self.foreground_teacher,
        )

    def _join(self, views: dict[str, ViewObservation]) -> None:
        """Let the student process both domains in one pass, if possible."""
        looked_at = self._looked_at(views)
        joint = [views[name] for name in looked_at if view_of(name).is_of_student]
        if len(joint) > 1 and ViewObservation.can_join(joint):
            ViewObservation.look_together(joint)

    def _looked_at(self, views: Iterable[str]) -> list[str]:
        """Those of ``views`` whose features the active parts use."""
        wanted = {'source'} if SUPERVISED in self.active_parts else set()
        wanted = wanted.union(*(a.featured_views for a in self.active_alignments.values()))
        return [view for view in views if view in wanted]

    def update_teacher(self, finite: Optional[Tensor] = None) -> None:
        """Move the teacher towards the student; the first call copies the student.

        Buffers are first averaged over all processes, because the teacher labels with them.

        Args:
            finite (Tensor, optional): bool, whether the step was finite; if not, neither
                network keeps anything of it.
        """
        average_buffers(trained for _, trained in self._averages())
        for average, trained in self._averages():
            average.update_parameters(trained, finite)

    def _averages(self) -> Iterator[tuple[TeacherEMA, nn.Module]]:
        """Each average, with the module that it follows."""
        yield self.teacher, self.student
        if self.foreground_teacher is not None:
            yield self.foreground_teacher, self.foreground_head

    def averaged_parameters(self) -> Iterator[nn.Parameter]:
        """The parameters of the averages, which are not trained."""
        for average, _ in self._averages():
            yield from average.parameters()

    def trained_parameters(self) -> Iterator[nn.Parameter]:
        """The parameters that gradients reach, so none of the averages."""
        return (p for p in self.parameters() if p.requires_grad)

    @contextmanager
    def trial(
        self, part: str, captured_features: Sequence[str] = ()
    ) -> Iterator[ViewObservation]:
        """Observe the student on one blank image, to find out what it outputs.

        The student does not change. Parts use this when the model is built.

        Args:
            part (str): Name of the part that asks.
            captured_features (Sequence[str]): Modules whose output to record.

        Raises:
            UserError: The size of the image is not known, or the block raised one; the
                message names the part.
        """
        modules = [m for m in self.student.modules() if m.training]
        self.student.eval()  # one image is too few for batch statistics
        try:
            yield ViewObservation(
                network=self.student,
                images=torch.zeros(1, 3, *crop_size(self.student.head)[::-1]),
                data_samples=[],
                captured_features=captured_features,
                trainable=False,
                updates_statistics=False,
            )
        except UserError as error:
            raise UserError(f'The part {part!r} does not fit the model. {error}') from error
        finally:
            for module in modules:
                module.training = True

    # ---- prediction -------------------------------------------------------------------

    def use_for_test(self, network: str) -> None:
        """Choose the network that predicts: 'teacher' or 'student'."""
        if network not in ('teacher', 'student'):
            raise UserError(
                f"test_network must be 'teacher' or 'student', not {network!r}."
            )
        self.test_network = network

    @property
    def tested(self) -> nn.Module:
        """The estimator that predicts."""
        return self.teacher.module if self.test_network == 'teacher' else self.student

    def forward(self, inputs, data_samples=None, mode: str = 'tensor'):
        """mmengine's entry point: 'loss' trains, other modes run the tested estimator."""
        if mode == 'loss':
            return self.loss(inputs, data_samples)
        if mode == 'predict':
            self.require_tested()
            self._leave_out_unlabelled(data_samples)
        return self.tested(inputs, data_samples, mode=mode)

    def require_tested(self) -> None:
        """Refuse to predict with a teacher that was never updated, and so is random.

        Raises:
            UserError: The teacher is tested, and was never updated.
        """
        if self.test_network == 'teacher' and not self.teacher.is_trained:
            raise UserError(TeacherEMA.NEVER_UPDATED)

    def _leave_out_unlabelled(self, data_samples: SampleList) -> None:
        """Keep metrics from counting keypoints without labels in the source."""
        if self.labelled is None or bool(self.labelled.mask.all()):
            return
        counted = self.labelled.mask.cpu().numpy()
        for sample in data_samples:
            if 'keypoints_visible' in sample.get('gt_instances', ()):
                # [1, K], or [1, K, 2] if mmpose has packed weights with it
                visible = np.array(sample.gt_instances.keypoints_visible)
                visible[:, counted == 0] = 0
                sample.gt_instances.keypoints_visible = visible

    def _load_from_state_dict(self, state_dict, prefix, *args, **kwargs) -> None:
        own = {key.removeprefix(prefix) for key in state_dict if key.startswith(prefix)}
        if is_plain(own):
            self._adopt(state_dict, prefix)
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)

    def _adopt(self, state_dict: dict[str, Tensor], prefix: str) -> None:
        """Rename the weights of a plain estimator to those of this model, in place.

        Everything except the two networks keeps its own weights.
        """
        plain = {
            key.removeprefix(prefix): state_dict.pop(key)
            for key in list(state_dict)
            if key.startswith(prefix)
        }
        around = {
            key: value
            for key, value in self.state_dict().items()
            if not key.startswith((STUDENT, TEACHER))
        }
        for key, value in {**around, **as_adapted(plain)}.items():
            state_dict[prefix + key] = value

    def get_layer_depth(self, param_name: str) -> tuple[int, int]:
        """Depth of a parameter for mmpretrain's layer-wise learning rate decay."""
        param_name = param_name.removeprefix('student.')
        return self.student.backbone.get_layer_depth(param_name, prefix='backbone.')


def _with_loss(name: str, values: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return a part's values; refuse those without a loss, which train nothing."""
    if values and not any('loss' in key for key in values):
        raise UserError(
            f'The part {name!r} returns {", ".join(values)}, but mmengine trains only on '
            'keys that contain `loss`: rename one, or return an empty dict.'
        )
    return values


def _named(
    name: str, weight: Union[float, Tensor], values: dict[str, Tensor]
) -> dict[str, Tensor]:
    """A part's values, with its name before every key, and losses weighted."""
    # mmengine trains on every key with 'loss'
    log_name = name.replace('loss', 'lo_ss')
    return {
        f'{name}/{key}' if 'loss' in key else f'{log_name}/{key}': (
            weight * value if 'loss' in key else value
        )
        for key, value in values.items()
    }
