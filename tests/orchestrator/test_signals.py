"""When a stop signal interrupts, and when it waits for the work in hand."""

import os
import signal
from collections.abc import Callable
from threading import Thread

import pytest

from params_optimizer.orchestrator.signals import (
    STOP_SIGNALS,
    Interrupted,
    StopRequest,
    stop_requests,
)

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX systems")
NUMBERS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.fixture(autouse=True)
def handlers():
    """The handlers of pytest; they have to be the same afterwards."""
    before = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    yield before
    after = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    for number, handler in before.items():
        signal.signal(number, handler)
    assert after == before


def interruption(block: Callable[[StopRequest], None]) -> Interrupted:
    """What ends a block that is stopped."""
    with pytest.raises(Interrupted) as caught:
        _run(block)
    return caught.value


def _run(block: Callable[[StopRequest], None]) -> None:
    with stop_requests() as stop:
        block(stop)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_signal_interrupts_with_its_exit_code_and_the_way_on(number):
    def block(stop: StopRequest) -> None:
        signal.raise_signal(number)
        pytest.fail("it interrupts at once")

    ended = interruption(block)
    assert ended.exit_code == 128 + number
    assert "the same command goes on from there" in str(ended)


def test_work_in_hand_is_finished_first():
    done = []

    def block(stop: StopRequest) -> None:
        with stop.patient():
            assert stop.signal is None
            signal.raise_signal(signal.SIGTERM)
            assert stop.signal == signal.SIGTERM
            done.append("work")
        done.append("more")

    assert interruption(block).exit_code == 143
    assert done == ["work"]


def test_a_second_signal_does_not_wait():
    done = []

    def block(stop: StopRequest) -> None:
        with stop.patient():
            signal.raise_signal(signal.SIGHUP)
            done.append("first")
            signal.raise_signal(signal.SIGINT)
            done.append("second")

    assert interruption(block).exit_code == 129, "the first one is what happened"
    assert done == ["first"]


def test_a_shield_bears_any_number_and_makes_up_for_it():
    done = []

    def block(stop: StopRequest) -> None:
        with stop.patient():
            with stop.shielded():
                signal.raise_signal(signal.SIGINT)
                signal.raise_signal(signal.SIGINT)
                done.append("cleaned up")
            done.append("more")

    interruption(block)
    assert done == ["cleaned up"]


def test_one_signal_in_a_shield_is_still_borne_by_patience():
    done = []

    def block(stop: StopRequest) -> None:
        with stop.patient():
            with stop.shielded():
                signal.raise_signal(signal.SIGINT)
            done.append("work in hand")

    interruption(block)
    assert done == ["work in hand"]


def test_without_a_signal_nothing_happens():
    with stop_requests() as stop, stop.patient(), stop.shielded():
        pass
    assert (stop.signal, stop.exit_code) == (None, 0)


def test_an_error_is_not_taken_for_a_signal():
    with pytest.raises(ZeroDivisionError), stop_requests() as stop, stop.patient():
        raise ZeroDivisionError
    with pytest.raises(KeyboardInterrupt), stop_requests():
        raise KeyboardInterrupt


def test_what_is_ignored_stays_ignored():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stop_requests() as stop:
            signal.raise_signal(signal.SIGHUP)
            assert stop.signal is None
    finally:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


def test_outside_of_the_main_thread_there_are_no_signals():
    found = []

    def look() -> None:
        with stop_requests() as stop:
            found.append(stop.signal)

    thread = Thread(target=look)
    thread.start()
    thread.join()
    assert found == [None]
