from mmpose_uda.markdown import table


def test_a_table():
    found = table(['run', 'PCK'], [['a', '0.5'], ['b', '']])
    assert found == '| run | PCK |\n| --- | --- |\n| a | 0.5 |\n| b |  |\n'
