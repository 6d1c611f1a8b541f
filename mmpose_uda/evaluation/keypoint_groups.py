"""Keypoint groups that the 2D adaptation literature reports.

From the data sets of thuml/Transfer-Learning-Library (body, hand) and of
VisionLearningGroup/UDA_PoseEstimation (animals), which later work adopted.
"""

# Name -> group -> keypoints, in the keypoint order of the data sets named. The group
# `all` is what a paper's "All" or "Avg." averages.
KEYPOINT_GROUPS: dict[str, dict[str, tuple[int, ...]]] = dict(
    # SURREAL, LSP, Human3.6M. Pelvis, thorax, neck and head (6 to 9) are not in the mean.
    body16=dict(
        shoulder=(12, 13),
        elbow=(11, 14),
        wrist=(10, 15),
        hip=(2, 3),
        knee=(1, 4),
        ankle=(0, 5),
        all=(12, 13, 11, 14, 10, 15, 2, 3, 1, 4, 0, 5),
    ),
    # RHD, Hand-3D-Studio, FreiHAND. The wrist is only in the mean.
    hand21=dict(
        MCP=(1, 5, 9, 13, 17),
        PIP=(2, 6, 10, 14, 18),
        DIP=(3, 7, 11, 15, 19),
        fingertip=(4, 8, 12, 16, 20),
        all=tuple(range(21)),
    ),
    # Synthetic horse and tiger, TigDog.
    animal18=dict(
        eye=(0, 1),
        chin=(2,),
        hoof=(3, 4, 5, 6),
        hip=(7,),
        knee=(8, 9, 10, 11),
        shoulder=(12, 13),
        elbow=(14, 15, 16, 17),
        all=tuple(range(18)),
    ),
    # Synthetic hound and sheep, AnimalPose.
    animal14=dict(
        eye=(0, 1),
        hoof=(2, 3, 4, 5),
        knee=(6, 7, 8, 9),
        elbow=(10, 11, 12, 13),
        all=tuple(range(14)),
    ),
)
