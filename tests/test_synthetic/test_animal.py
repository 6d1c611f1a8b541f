"""Quadrupeds: sides, shapes and coats."""

import numpy as np

from mmpose_uda.synthetic.animal import animal_body
from mmpose_uda.synthetic.animal_coat import CoatMarks, random_coat


def test_animals_show_both_sides_and_their_own_left():
    """The left shoulder is nearer where the animal looks to the left."""
    body, lefts = animal_body(), []
    for i in range(100):
        posed = body.sample(np.random.default_rng(i), 'photo')
        joints = dict(zip(body.joint_names, posed.joints))
        looks_left = (
            0.5 * (joints['left_shoulder'] + joints['right_shoulder'])[0] < joints['hip'][0]
        )
        left_is_near = joints['left_shoulder'][2] < joints['right_shoulder'][2]
        assert looks_left == left_is_near
        lefts.append(looks_left)
    assert 0.35 < np.mean(lefts) < 0.65


def test_animals_differ_in_shape():
    body, shares = animal_body(), []
    for i in range(60):
        posed = body.sample(np.random.default_rng(i), 'rendered')
        joints = dict(zip(body.joint_names, posed.joints))
        leg = np.linalg.norm(joints['left_front_knee'] - joints['left_front_hoof'])
        trunk = np.linalg.norm(joints['left_shoulder'] - joints['hip'])
        shares.append(leg / trunk)
    assert np.std(shares) > 0.15 * np.mean(shares)


def test_marks_of_the_coat_are_where_they_belong():
    body = animal_body()
    rest, bone = body.mesh.vertices, body.mesh.nearest_bone
    marks = CoatMarks(body.flesh).find(rest, bone)
    place = dict(zip(body.bones.joints, body.flesh.origins))
    for side in ('left', 'right'):
        near = np.linalg.norm(rest[marks['eyes']] - place[f'{side}_eye'], axis=1)
        assert near.min() < 4
    mane = rest[marks['mane']]
    assert len(mane) > 20 and np.abs(mane[:, 0]).max() < 6
    assert mane[:, 1].min() > place['chest'][1]
    assert rest[marks['hooves']][:, 1].max() < place['left_front_knee'][1]
    assert rest[marks['tail']][:, 2].max() < place['tail'][2]


def test_cats_are_striped_and_have_no_mane():
    def coats(cat):
        rngs = map(np.random.default_rng, range(80))
        return [random_coat(rng, 'photo', cat) for rng in rngs]

    def striped(cat):
        return np.mean([coat.pattern == 'stripes' for coat in coats(cat)])

    assert striped(1.0) > 2 * striped(0.0)
    assert max(coat.mane for coat in coats(1.0)) == 0
