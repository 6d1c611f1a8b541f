"""15 of 17 joints of SURREAL's SMPL people, in volumes over 224 x 224 px crops."""

_base_ = ['pose3d_human17.py']

codec = dict(
    input_size=(224, 224),
    # SMPL has neither nose nor top of the head, so there are no bones to them.
    skeleton=[bone for bone in _base_.codec['skeleton'] if bone not in [(8, 9), (9, 10)]],
    # Measured on SMPL's mean woman (3560 mm) and mean man (3830 mm), whose legs end 921 mm
    # of bones from the root. A training compares these values with the whole source's,
    # which this prints:
    #     python tools/misc/measure_source.py configs/uda/surreal2h36m_3d.py
    depth_range=(-1000, 1000),
    total_length=3695.0,
)
