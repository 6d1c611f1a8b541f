"""17 joints of the people of Human3.6M, in volumes over 224 x 224 px crops."""

_base_ = ['pose3d_human17.py']

codec = dict(
    input_size=(224, 224),
    # Measured on four of the five people of the training set, one pose each, which mmpose
    # has as test data; their legs end 990 to 1037 mm of bones from the root. A training
    # compares these values with the whole source's, which this prints:
    #     python tools/misc/measure_source.py configs/uda/h36m2mpiinf3dhp_3d.py
    depth_range=(-1000, 1000),
    total_length=4114.0,
)
