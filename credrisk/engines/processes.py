"""Carry one function over numbered pieces of work, by spawned processes: what the pieces are is the caller's business.

Spawned, never forked: a fork beside the threads of Polars may hang. Each process runs Polars in one thread, since the
pieces fill the cores. A script that calls this needs the guard ``if __name__ == "__main__":`` as all spawning does.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from importlib import import_module
from multiprocessing import get_context
from typing import Any

from credrisk.engines.crossing import packed, unpacked
from credrisk.errors import CredriskError

__all__ = ["Processes"]

SURROUNDINGS = {
    **dict.fromkeys(("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"),
    # glibc gives each large array back to the system and takes it anew, page by page; kept, the next one uses it.
    "MALLOC_MMAP_THRESHOLD_": str(2**28),
    "MALLOC_TRIM_THRESHOLD_": str(2**28),
    # So does the allocator of Polars (jemalloc), a while after.
    "_RJEM_MALLOC_CONF": "dirty_decay_ms:-1,muzzy_decay_ms:-1",
}


class Processes:
    """Processes that are started once and carry functions over pieces; with one worker the caller's own process works.

    They start when the context is entered and end with it, whatever they are doing then.

    Parameters
    ----------
    workers
        How many processes.
    module
        What they import while they start, which they do at once.
    """

    def __init__(self, workers: int, module: str) -> None:
        self.workers, self._module = workers, module
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Processes:
        if self.workers > 1:
            self._pool = ProcessPoolExecutor(
                self.workers, mp_context=get_context("spawn"), initializer=import_module, initargs=(self._module,)
            )
            with _surroundings(), _deaf_to_interrupts():
                for _ in range(self.workers):
                    # Each starts one, since none is idle yet.
                    self._pool.submit(int)
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            # Shutting down forgets them, and would wait for what they are doing, or until idle ones have put away
            # their memory piece by piece.
            for process in list((self._pool._processes or {}).values()):
                process.terminate()
            self._pool.shutdown(cancel_futures=True)

    def over(self, function: Callable[[Any], Any], pieces: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
        """Yield (piece, result) as each is done, in no particular order.

        Parameters
        ----------
        function
            A function of an installed module, or ``functools.partial`` of one.
        pieces
            What it is called with, one at a time.

        Raises
        ------
        CredriskError
            What the function raised of ours; or that a process ended by itself, as it does when memory runs out.
        """
        if self._pool is None:
            for piece in pieces:
                yield piece, function(piece)
            return
        with _surroundings():
            # A few pieces ahead keep the processes busy; all at once would keep every result waiting in memory.
            waiting = iter(pieces)
            running: dict[Future[tuple[bool, Any]], Any] = {}
            try:
                while True:
                    for piece in waiting:
                        with _deaf_to_interrupts():
                            future = self._pool.submit(_guarded, function, piece)
                        running[future] = piece
                        if len(running) > self.workers:
                            break
                    if not running:
                        return
                    for future in wait(running, return_when=FIRST_COMPLETED).done:
                        piece = running.pop(future)
                        good, result = future.result()
                        if not good:
                            raise unpacked(result) or CredriskError(result)
                        yield piece, result
            except BrokenProcessPool as broken:
                raise CredriskError(
                    "A worker process ended by itself, as it does when memory runs out. What to do: call again with "
                    "less memory or fewer workers; what was finished is kept."
                ) from broken


def _guarded(function: Callable[[Any], Any], piece: Any) -> tuple[bool, Any]:
    """Return (True, result), or (False, an error of ours as text)."""
    try:
        return True, function(piece)
    except CredriskError as error:
        return False, packed(error)


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Let a process that is started here not hear Ctrl-C, which goes to all: the caller's own ends the work for all."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _surroundings() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in SURROUNDINGS}
    os.environ.update(SURROUNDINGS)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
