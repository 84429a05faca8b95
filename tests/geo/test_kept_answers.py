"""Answers about the ground are kept until it changes, also where it changes while one is being found."""

import threading

from geo import ground


def test_an_answer_that_was_begun_before_a_change_is_not_kept() -> None:
    current = {"ground": "old"}
    begun, go_on = threading.Event(), threading.Event()

    @ground.of_ground
    def answer(_community: str) -> str:
        found = current["ground"]
        begun.set()
        go_on.wait(5)
        return found

    asking = threading.Thread(target=answer, args=("heling",))
    asking.start()
    begun.wait(5)
    current["ground"] = "new"
    ground.forget()
    go_on.set()
    asking.join(5)
    assert answer("heling") == "new"
    current["ground"] = "newest"
    assert answer("heling") == "new", "kept until the ground changes"
