"""Write samples to disk as an ordinary data set, on several cores."""

import contextlib
import hashlib
import json
import multiprocessing
import os
import os.path as osp
from concurrent.futures import ProcessPoolExecutor

import cv2
import numpy as np
from tqdm import tqdm

from mmpose_uda.orphans import end_with_parent

from .looks import LOOKS
from .sample import make_sample

DOMAINS = ('rendered', 'photo')
SPLITS = ('train', 'test')


def write_dataset(
    body, root: str, seed: int, counts: dict, size: int, workers: int
) -> dict:
    """Write both domains and both splits below `root`.

    Args:
        body (Body): The body to draw.
        root (str): An existing folder.
        seed (int): Seed; an image depends only on it, its domain, split and index.
        counts (dict): Number of images by split.
        size (int): Width and height of the images in px.
        workers (int): Number of processes.

    Returns:
        dict: `files`, the SHA-256 of each annotation file, and `content`, the SHA-256
        over all annotations, images and masks.
    """
    for domain in DOMAINS:
        for folder in ('annotations', 'images', 'masks'):
            os.makedirs(osp.join(root, domain, folder))
    jobs = [
        (domain, split, index)
        for domain in DOMAINS
        for split in SPLITS
        for index in range(counts[split])
    ]
    looks = dict(rendered=LOOKS['rendered'], photo=LOOKS[body.target_look])
    _WORK.update(
        body=body,
        root=root,
        seed=seed,
        size=size,
        looks={
            (domain, split): looks[domain](split) for domain in DOMAINS for split in SPLITS
        },
    )
    with (
        _single_threaded_opencv(),
        tqdm(
            _map(jobs, workers),
            total=len(jobs),
            unit='img',
            smoothing=0.05,
            desc=f'built-in {body.category}',
        ) as progress,
    ):
        results = list(progress)
    content, files = hashlib.sha256(), {}
    for domain in DOMAINS:
        for split in SPLITS:
            chosen = [r for r, job in zip(results, jobs) if job[:2] == (domain, split)]
            name = f'{domain}/annotations/{split}.json'
            text = json.dumps(_coco(body, chosen, size)).encode()
            with open(osp.join(root, name), 'wb') as file:
                file.write(text)
            files[name] = hashlib.sha256(text).hexdigest()
            content.update(text)
            for result in chosen:
                content.update(result['digest'])
    return dict(files=files, content=content.hexdigest())


@contextlib.contextmanager
def _single_threaded_opencv():
    """Switch off OpenCV's threads: forked workers would wait for threads they lack."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)


def _map(jobs, workers):
    """Yield the results of the jobs in their order."""
    if workers == 1:
        yield from map(_write_sample, jobs)
        return
    # Forked workers share the template and the photographs.
    executor = ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context('fork'),
        initializer=end_with_parent,
    )
    try:
        yield from executor.map(_write_sample, jobs, chunksize=16)
    finally:
        executor.shutdown(cancel_futures=True)


_WORK = {}


def _write_sample(job) -> dict:
    """Make and store one picture; return its labels and a digest of its files."""
    domain, split, index = job
    rng = np.random.default_rng(
        [_WORK['seed'], DOMAINS.index(domain), SPLITS.index(split), index]
    )
    sample = make_sample(rng, _WORK['body'], _WORK['looks'][domain, split], _WORK['size'])
    name = f'{split}_{index:05d}'
    digest = hashlib.sha256()
    for folder, picture, extension, options in (
        ('images', sample.image, '.jpg', [cv2.IMWRITE_JPEG_QUALITY, 95]),
        ('masks', sample.mask, '.png', []),
    ):
        data = cv2.imencode(extension, picture, options)[1].tobytes()
        path = osp.join(_WORK['root'], domain, folder, name + extension)
        with open(path, 'wb') as file:
            file.write(data)
        digest.update(data)
    return dict(name=name, sample=_labels(sample), digest=digest.digest())


def _labels(sample) -> dict:
    """JSON labels of one picture."""
    flags = sample.inside * np.where(sample.visible, 2, 1)
    keypoints = np.concatenate([sample.keypoints, flags[:, None]], axis=1)
    camera = sample.camera
    x, y, w, h = sample.bbox
    return dict(
        camera=dict(focal=[camera.focal] * 2, principal_point=camera.centre.tolist()),
        bbox=[round(float(v), 2) for v in (x, y, w, h)],
        area=int((sample.mask > 0).sum()),
        num_keypoints=int(sample.inside.sum()),
        keypoints=np.round(keypoints, 5).ravel().tolist(),
        keypoints_3d=np.round(sample.keypoints_3d, 5).tolist(),
    )


def _coco(body, results, size) -> dict:
    """COCO-style annotations of one split."""
    images, annotations = [], []
    for number, result in enumerate(results, start=1):
        labels = dict(result['sample'])
        images.append(
            dict(
                id=number,
                file_name=result['name'] + '.jpg',
                width=size,
                height=size,
                camera=labels.pop('camera'),
            )
        )
        annotations.append(
            dict(
                id=number,
                image_id=number,
                category_id=1,
                iscrowd=0,
                mask_file=result['name'] + '.png',
                **labels,
            )
        )
    category = dict(
        id=1,
        name=body.category,
        keypoints=list(body.joint_names),
        skeleton=body.skeleton,
    )
    return dict(images=images, annotations=annotations, categories=[category])
