"""21 joints of the hands of FreiHAND in volumes of 224 x 224 px crops."""

_base_ = ['pose3d_hand21.py']

codec = dict(
    input_size=(224, 224),
    # Of the mean hand of MANO, to which FreiHAND's labels are fitted; its longest finger
    # ends 177 mm of bones from the wrist. Those of the whole source, which a training
    # compares with these:
    #     python tools/misc/measure_source.py configs/uda/freihand2ho3d_3d.py
    depth_range=(-200, 200),
    total_length=782.0,
)
