"""21 joints of the hands of FreiHAND, in volumes over 224 x 224 px crops."""

_base_ = ['pose3d_hand21.py']

codec = dict(
    input_size=(224, 224),
    # Measured on MANO's mean hand, to which FreiHAND's labels are fitted; its longest
    # finger ends 177 mm of bones from the wrist. A training compares these values with the
    # whole source's, which this prints:
    #     python tools/misc/measure_source.py configs/uda/freihand2ho3d_3d.py
    depth_range=(-200, 200),
    total_length=782.0,
)
