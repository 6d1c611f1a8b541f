"""21 joints of the hands of RHD, in volumes over 224 x 224 px crops."""

_base_ = ['pose3d_hand21.py']

codec = dict(
    input_size=(224, 224),
    # Measured on the three hands that mmpose has as test data, whose longest finger ends
    # 191 mm of bones from the wrist. A training compares these values with the whole
    # source's, which this prints:
    #     python tools/misc/measure_source.py configs/uda/rhd2freihand_3d.py
    depth_range=(-200, 200),
    total_length=848.0,
)
