"""What a stage says comes first, what DVC says around it behind."""

from auto_deployment.publish.dvc_output import explained, last_sentence

DVC = (
    "ERROR: failed to reproduce 'train': failed to run: env DATA_DIR=data python -m auto_deployment stage "
    "train, exited with {}"
)
FAILURE = "dvc repro failed (status 255)"


def test_the_stages_own_sentence_comes_first_and_warnings_are_left_out() -> None:
    said = last_sentence("train", ValueError("There is too little:\nimport more."))
    output = f"WARNING: 'data/segments' is empty.\nlogged before\n{said}{DVC.format(1)}\n"
    assert explained(FAILURE, output) == f"There is too little: import more. ({FAILURE}: {DVC.format(1)})"


def test_a_stage_that_the_kernel_ended_is_explained() -> None:
    for status in (-9, 137):
        found = explained(FAILURE, DVC.format(status))
        assert found is not None
        assert found.startswith("The stage train was killed, most likely because memory ran out: ")
        assert found.endswith(f"({FAILURE}: {DVC.format(status)})")


def test_memory_that_ran_out_is_said_also_where_python_says_nothing() -> None:
    for error in (MemoryError(), MemoryError("Unable to allocate 3 GiB")):
        found = explained(FAILURE, last_sentence("prepare", error) + DVC.format(1))
        assert found is not None
        assert found.startswith("Memory ran out (")


def test_what_nobody_foresaw_keeps_the_tools_words() -> None:
    assert explained(FAILURE, f"Traceback\n{DVC.format(1)}") == f"{FAILURE}: {DVC.format(1)}"
    assert explained(FAILURE, "Traceback") is None
