"""Threads for deliveries."""

from threading import Barrier, Event, get_ident

from shared.adapters.embedded.worker_pool import WorkerPool


def test_jobs_run_side_by_side_up_to_the_limit() -> None:
    """Four jobs that wait for each other all end."""
    barrier = Barrier(5)
    pool = WorkerPool("test", 4)

    def job() -> None:
        barrier.wait(10)

    for _ in range(4):
        pool.submit(job)

    barrier.wait(10)
    pool.close()


def test_an_idle_thread_is_used_again() -> None:
    """Jobs one after the other run on one thread: what a thread keeps open stays open."""
    pool = WorkerPool("test", 4)
    threads = set()
    for _ in range(20):
        done = Event()

        def job(done: Event = done) -> None:
            threads.add(get_ident())
            done.set()

        pool.submit(job)
        done.wait(10)
        while not pool._idle:
            pass
    pool.close()

    assert 1 == len(threads)
